"""Adapters: each knows one migration tool."""
