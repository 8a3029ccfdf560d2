"""Annotations and the file formats they travel in: readers and writers, without storage, network or clock.

Functions and containers share this package; it depends on `openbml_catalog` only.
"""
