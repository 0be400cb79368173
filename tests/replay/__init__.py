"""Tests of the throw-away copies."""
