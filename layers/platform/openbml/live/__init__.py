"""Live updates: what happens in a project, pushed to whoever watches it."""
