"""The project's own tool, run on copies, cut off from network, files and processes."""
