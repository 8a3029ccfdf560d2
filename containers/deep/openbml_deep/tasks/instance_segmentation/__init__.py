"""Instance segmentation; `task.InstanceTask` is the task."""
