"""Online services: a model version behind a public address, and who may call it (spec 03 section 9)."""
