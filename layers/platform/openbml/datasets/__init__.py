"""Datasets: versions, imports of archives, samples and labels, snapshots for training."""
