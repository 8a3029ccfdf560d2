"""Validations: a model version tried out in a temporary service (spec 03 section 7.8)."""
