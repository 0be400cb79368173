"""Readers of hostile input, given what nobody thought of: see `targets`."""
