"""Finds credentials in texts of any format, and masks them; knows nothing of the rest of us."""
