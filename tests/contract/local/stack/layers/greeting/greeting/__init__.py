"""A layer package of the contract test."""
