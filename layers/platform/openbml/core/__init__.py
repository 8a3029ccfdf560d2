"""What every context needs and none owns: clock, ids, errors, events, HTTP, observability."""
