"""Tables: rows of a dataset version as Parquet parts, and the catalogues that external tables come from."""
