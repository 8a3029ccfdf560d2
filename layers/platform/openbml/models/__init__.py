"""The model repository: models, their versions, and where each version came from (spec 03 section 7)."""
