"""State-change events and their outbox."""
