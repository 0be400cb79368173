"""The evidence bundle: written, listed and logged, opened and read back."""
