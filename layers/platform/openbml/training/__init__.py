"""Experiments and their runs: from chosen data to an evaluated model. Knows jobs, not SageMaker."""
