"""Image classification; `task.ClassificationTask` is the task, labels and options need no torch."""
