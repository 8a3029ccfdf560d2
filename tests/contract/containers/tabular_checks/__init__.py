"""Checks that need the tabular image's packages; `tabular_image` runs them."""
