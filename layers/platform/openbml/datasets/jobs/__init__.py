"""Data jobs: heavy work on a dataset version that runs in a container, and what becomes of its results."""
