"""Child processes: the shim, namespaces, start, attach and stop."""
