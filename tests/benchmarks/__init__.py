"""How far from the floors: ratios to print and look at, never a test that a busy machine fails."""
