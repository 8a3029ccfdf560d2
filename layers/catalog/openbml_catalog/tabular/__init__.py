"""Tabular prediction: what a run of it can be told (spec 03 section 4)."""
