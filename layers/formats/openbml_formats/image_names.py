"""Finds the image of a source that a file means by its name, which may lack folders or have others."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

_MOST_CANDIDATES = 500  # more images of one name are told apart by their whole path only
_TELLING_CHARACTERS = 3


class Found(NamedTuple):
    """`name` is None where no image matches; `ambiguous` where more than one does."""

    name: str | None
    ambiguous: bool = False


class ImageNames:
    def __init__(self, names: Iterable[str]) -> None:
        self._names = set(names)
        self._by_base: dict[str, list[str]] = {}
        for name in sorted(self._names):
            self._by_base.setdefault(name.rpartition("/")[2], []).append(name)

    def find(self, told: str, *, file: str = "") -> Found:
        """Return the image that `file` means.

        An image of just this path, in the root or in the file's folder, goes first; then the one that agrees
        in the most folders; then the one whose folder stands in the file's name, as `val` does in
        `instances_val.json`.
        """
        path = told.replace("\\", "/").removeprefix("./")
        found = self._find(path, file)
        return found if found.name or found.ambiguous else self._find(unquote(path), file)

    def _find(self, path: str, file: str) -> Found:
        folder = file.rpartition("/")[0]
        for exact in (f"{folder}/{path}" if folder else path, path):
            if exact in self._names:
                return Found(exact)
        candidates = self._by_base.get(path.rpartition("/")[2], [])
        if len(candidates) > _MOST_CANDIDATES:
            return Found(None, ambiguous=True)
        nearest = _nearest(path, candidates)
        if len(nearest) > 1:
            nearest = [name for name in nearest if _is_named_in(name, file)]
        return Found(nearest[0]) if len(nearest) == 1 else Found(None, ambiguous=bool(candidates))


def _nearest(path: str, candidates: Sequence[str]) -> list[str]:
    scores = [(_same_folders(path, name), name) for name in candidates]
    best = max((score for score, _ in scores), default=0)
    return [name for score, name in scores if score == best]


def _same_folders(path: str, name: str) -> int:
    same = 0
    for one, other in zip(path.split("/")[::-1], name.split("/")[::-1], strict=False):
        if one != other:
            break
        same += 1
    return same


def _is_named_in(name: str, file: str) -> bool:
    base = file.rpartition("/")[2]
    return any(len(part) >= _TELLING_CHARACTERS and part in base for part in name.split("/")[:-1])
