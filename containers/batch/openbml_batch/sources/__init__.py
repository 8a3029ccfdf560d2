"""Readers of inputs, one per format."""
