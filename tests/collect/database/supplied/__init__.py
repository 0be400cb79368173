"""Evidence of databases that we may not enter."""
