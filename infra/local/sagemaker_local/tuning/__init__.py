"""Hyper-parameter tuning jobs."""
