"""Several machines: Dask connects them; each has worker processes of its own."""
