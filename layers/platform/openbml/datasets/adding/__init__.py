"""Samples that come one at a time, and how they get a place among those of imports."""
