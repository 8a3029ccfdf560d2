"""`serve` of images that run the user's own functions: one process per worker, no Java."""
