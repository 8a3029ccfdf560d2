"""The evaluation report of a tabular run."""
