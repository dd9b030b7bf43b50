"""Figures of the experiments: drawn from the data of a run."""
