"""The `try` command: read an action, do it to a copy, judge what follows."""
