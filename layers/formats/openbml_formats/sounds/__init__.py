"""Sounds: what their first bytes say, without decoding them."""
