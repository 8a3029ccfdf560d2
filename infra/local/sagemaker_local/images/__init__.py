"""Which local environment runs which container image."""
