"""Batch predictions: a model version over whole inputs, once or by a schedule (spec 03, 9.6; 08, 11)."""
