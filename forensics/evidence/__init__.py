"""The evidence bundle: written, sealed, opened and read back."""
