"""Metering: usage becomes ledger entries, exactly once; bills and free allowances are read from them."""
