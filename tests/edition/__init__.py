"""The external edition of a bundle."""
