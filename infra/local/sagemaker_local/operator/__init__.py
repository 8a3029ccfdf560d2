"""What an operator sees and does: state, tables, logs, the status page."""
