"""The manual's API of batch predictions: five operations, errors in HTTP 200 bodies (spec 08, 11.3-11.4)."""
