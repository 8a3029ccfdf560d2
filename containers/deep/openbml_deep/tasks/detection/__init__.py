"""Object detection; `task.DetectionTask` is the task, options and training views need no torch."""
