"""Which rows train and which judge."""
