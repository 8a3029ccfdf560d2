"""What comes of calls: records, what was sent and answered, statistics, comparison, feedback, snippets."""
