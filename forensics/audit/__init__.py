"""The `audit` command: the checkable claims of a write-up, each compared with the evidence."""
