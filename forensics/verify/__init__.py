"""`forensics verify`: bundle and report are what they were, and every claim follows."""
