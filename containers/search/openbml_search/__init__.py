"""The manager of a hyper-parameter search: reads its table of trials and proposes the next ones."""
