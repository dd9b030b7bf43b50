"""Networks of the experiments: what is built and run."""
