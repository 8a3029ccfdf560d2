"""Imports: files on their way into a dataset version, from upload to report."""
