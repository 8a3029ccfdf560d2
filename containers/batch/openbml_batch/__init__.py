"""Batch prediction: a model's own image answers every item of an input and ends by itself (spec 03, 9.6)."""
