"""Measures of the experiments: from finished runs to arrays and numbers."""
