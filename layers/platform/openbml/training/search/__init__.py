"""Hyper-parameter searches of runs: their trials are training jobs, their manager proposes them."""
