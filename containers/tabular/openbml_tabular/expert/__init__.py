"""Expert mode: one kind of model, searched as a script says (spec 03 section 4.3)."""
