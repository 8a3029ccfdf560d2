"""Annotation operations, labels, search and bulk operations on the samples of a version."""
