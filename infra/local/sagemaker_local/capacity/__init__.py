"""Slots of this machine and the queue for them."""
