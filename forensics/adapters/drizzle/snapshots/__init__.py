"""Snapshots: read, judged, upgraded, and compared with a database."""
