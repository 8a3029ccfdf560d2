"""Tables without a table engine: dialects of CSV, column types, values, previews."""
