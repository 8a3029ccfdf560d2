"""Seeds: the same search and trial draw the same numbers, whichever manager draws them."""

import hashlib


def seed_of(search_id: int, number: int) -> int:
    """Return a seed of 31 bits."""
    digest = hashlib.sha256(f"{search_id}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
