"""Finds pictures that look like an earlier one, without comparing all with all.

Two hashes of 64 bits that differ in at most 7 have, of their four 16-bit bands, one that differs in at most
one bit: whoever is near stands in one of 4 x 17 buckets. The candidates of a picture are bounded, so that in
sets where everything looks alike a picture costs no more than in others.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from operator import mul
from typing import NamedTuple

MOST_DISTANCE = 7
_BANDS = (0, 16, 32, 48)
_BAND_MASK = 0xFFFF
_BUCKET_LOOKS = 256
_SAME_LOOK = 8
_CANDIDATES = 2048  # hashes that are compared for one picture
_CLOSE_LOOKS = 64  # pictures that are compared for one picture
# Correlation of 16 x 16 grey levels from which two pictures are alike. Measured on hands, cells, photos:
# other encodings, sizes and light 0.98 and more, 2 % cropped 0.96, another hand in the same place 0.94.
_ALIKE = 0.955
_FLAT = 2.0  # deviation of grey levels below which a picture has nothing to compare
_FLAT_SHIFT = 8.0


class Neighbour(NamedTuple):
    number: int
    distance: int


class LookIndex:
    """Pictures by their look; numbers are the caller's.

    Attributes:
        capped: how often not all candidates of a picture were compared.
    """

    def __init__(self, distance: int) -> None:
        if not 0 <= distance <= MOST_DISTANCE:
            raise ValueError(f"distance must be 0 to {MOST_DISTANCE}")
        self._distance = distance
        # One bit per band that may differ: with up to 3 bits over 4 bands, one band is the same.
        self._probes = (0,) if distance < len(_BANDS) else (0, *(1 << bit for bit in range(16)))
        self._buckets: tuple[dict[int, list[int]], ...] = tuple({} for _ in _BANDS)
        self._members: dict[int, list[tuple[int, bytes]]] = {}
        self.capped = 0

    def keep(self, number: int, look: int, tones: bytes) -> None:
        """Keep a picture for later ones to be compared with."""
        members = self._members.setdefault(look, [])
        if len(members) < _SAME_LOOK:
            members.append((number, tones))
        if len(members) > 1:
            return
        for band, buckets in zip(_BANDS, self._buckets, strict=True):
            bucket = buckets.setdefault(look >> band & _BAND_MASK, [])
            if len(bucket) < _BUCKET_LOOKS:
                bucket.append(look)
            else:
                self.capped += 1

    def find(self, look: int, tones: bytes) -> Neighbour | None:
        """Return the nearest kept picture that is like this one."""
        for distance, candidate in sorted(self._close(look)):
            number = self._alike(candidate, tones)
            if number is not None:
                return Neighbour(number, distance)
        return None

    def _close(self, look: int) -> Sequence[tuple[int, int]]:
        """Return looks within the distance, as (distance, look)."""
        close: list[tuple[int, int]] = []
        seen: set[int] = set()
        for candidate in self._candidates(look):
            if candidate in seen:
                continue
            if len(seen) >= _CANDIDATES or len(close) >= _CLOSE_LOOKS:
                self.capped += 1
                break
            seen.add(candidate)
            distance = (candidate ^ look).bit_count()
            if distance <= self._distance:
                close.append((distance, candidate))
        return close

    def _candidates(self, look: int) -> Iterator[int]:
        if look in self._members:
            yield look
        if not self._distance:
            return
        for probe in self._probes:
            for band, buckets in zip(_BANDS, self._buckets, strict=True):
                yield from buckets.get((look >> band & _BAND_MASK) ^ probe, ())

    def _alike(self, look: int, tones: bytes) -> int | None:
        for number, known in self._members[look]:
            if are_alike(known, tones):
                return number
        return None


def are_alike(first: bytes, second: bytes) -> bool:
    """Tell whether two sets of grey levels show the same, light and contrast left out."""
    count = len(first)
    mean_one, mean_other = sum(first) / count, sum(second) / count
    one, other = [level - mean_one for level in first], [level - mean_other for level in second]
    spread_one: float = sum(map(mul, one, one))
    spread_other: float = sum(map(mul, other, other))
    flat = count * _FLAT**2
    if spread_one < flat or spread_other < flat:
        both_flat = spread_one < flat and spread_other < flat
        return both_flat and abs(mean_one - mean_other) <= _FLAT_SHIFT
    shared: float = sum(map(mul, one, other))
    return shared >= _ALIKE * math.sqrt(spread_one * spread_other)


class TextIndex:
    """Texts that were seen, by digest; the first with a text is the one that later ones repeat."""

    def __init__(self, *, ignore_case: bool, ignore_blanks: bool) -> None:
        self._ignore_case = ignore_case
        self._ignore_blanks = ignore_blanks
        self._first: dict[bytes, int] = {}

    def add(self, number: int, texts: tuple[str, ...]) -> int | None:
        """Return the number of the sample that this one repeats, None for a new one."""
        digest = text_digest(texts, ignore_case=self._ignore_case, ignore_blanks=self._ignore_blanks)
        first = self._first.setdefault(digest, number)
        return None if first == number else first


def text_digest(texts: tuple[str, ...], *, ignore_case: bool, ignore_blanks: bool) -> bytes:
    """Return 16 bytes that are the same for texts that count as the same.

    A text of nothing but blanks and signs is compared as it is.
    """
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        plain = text.casefold() if ignore_case else text
        letters = "".join(sign for sign in plain if sign.isalnum()) if ignore_blanks else plain
        digest.update((letters or plain).encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()
