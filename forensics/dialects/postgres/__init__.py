"""PostgreSQL: its tokens, its statements as data, and what they do and leave behind."""
