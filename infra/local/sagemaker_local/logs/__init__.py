"""Log delivery and metric extraction."""
