"""From a diagnosis to one report: the same data for every format."""
