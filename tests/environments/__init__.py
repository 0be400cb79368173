"""Several environments of one project."""
