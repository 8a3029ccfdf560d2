"""What the engine remembers: SQLite tables and the records in them."""
