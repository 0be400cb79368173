"""Database languages: how their statements are read, and what they do."""
