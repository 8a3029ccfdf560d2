"""Semantic segmentation; `task.SemanticTask` is the task."""
