"""What the functions of the public API share: options, collecting, judging, writing."""
