"""The migration folder: the journal, the SQL files, and damage to them."""
