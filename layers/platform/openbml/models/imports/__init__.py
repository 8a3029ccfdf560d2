"""Imports of models that were trained elsewhere: from upload or S3 to a version (spec 03 section 7.6)."""
