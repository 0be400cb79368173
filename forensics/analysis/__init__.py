"""From a bundle to a diagnosis: ask the rules, run the experiments, find the causes."""
