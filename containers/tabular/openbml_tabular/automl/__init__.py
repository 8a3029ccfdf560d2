"""AutoML: from examples to an ensemble within a time budget."""
