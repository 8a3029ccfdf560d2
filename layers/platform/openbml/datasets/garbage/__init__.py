"""Mark and sweep of stored objects that nothing refers to any more, with a day of grace."""
