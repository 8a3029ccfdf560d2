"""From a job's channels to a raw table that fits the machine's memory."""
