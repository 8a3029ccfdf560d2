"""Manifests of models of texts, sounds and text in pictures: `model.json` beside their graphs."""
