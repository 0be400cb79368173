"""The tests: the same tree as the package, the lab, incidents and benchmarks."""
