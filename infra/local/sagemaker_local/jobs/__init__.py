"""What jobs of every kind share: their life cycle from a queue to a truthful end."""
