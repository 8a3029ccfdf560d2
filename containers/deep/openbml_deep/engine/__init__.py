"""The one training engine of all vision tasks: it knows steps, epochs and check-points, and no task."""
