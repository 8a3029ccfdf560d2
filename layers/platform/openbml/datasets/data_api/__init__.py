"""The intelligent data API of the manual (spec 02 section 8): 13 operations, errors in HTTP 200 bodies."""
