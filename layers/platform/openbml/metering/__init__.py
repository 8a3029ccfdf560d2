"""What was used, what it costs, what is free: the ledger and the bill (spec 01 section 2)."""
