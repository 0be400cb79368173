"""Temporary and private folders that clean up after themselves."""
