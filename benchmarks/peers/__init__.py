"""What the tabular benchmark runs in environments of its own: the sets, the peers, the scores."""
