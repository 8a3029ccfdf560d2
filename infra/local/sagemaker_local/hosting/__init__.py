"""Models, endpoint configurations, endpoints and invocations."""
