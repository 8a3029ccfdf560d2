"""Learners: one module for each, registered by its code in `registry`."""
