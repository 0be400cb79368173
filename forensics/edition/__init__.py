"""The external edition of a bundle: the evidence without names, hosts and people."""
