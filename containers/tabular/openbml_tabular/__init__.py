"""Training of tabular models: AutoML and expert mode (spec 03 section 4)."""
