"""The public prediction API: token, route, right, limits, model, reply (spec 08 sections 3 and 4)."""
