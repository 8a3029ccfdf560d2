"""What a file about all images says, kept by image until its turn; in a temporary file where it is much."""

import json
import struct
import tempfile
from array import array
from collections.abc import Hashable, Iterator
from typing import Any, Generic, Self, TypeVar

from openbml_formats.limits import CENTRAL_ITEMS, MEMORY_BYTES
from openbml_formats.records import SourceFormatError

_HEAD = struct.Struct("<qI")
_NONE = -1


Key = TypeVar("Key", bound=Hashable)


class KeptItems(Generic[Key]):
    """Lists of JSON documents by key; memory is one number for each key.

    Each item in the file points at the one before it of the same key.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 - closed by close()
        self._last: dict[Key, int] = {}
        self._end = 0
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, key: Key) -> bool:
        return key in self._last

    def add(self, key: Key, item: Any) -> None:
        """Raises SourceFormatError: there are more items than any source has."""
        self._count += 1
        if self._count > CENTRAL_ITEMS:
            raise SourceFormatError(f"has more than {CENTRAL_ITEMS} annotations; split it")
        data = json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode()
        self._file.seek(self._end)
        self._file.write(_HEAD.pack(self._last.get(key, _NONE), len(data)) + data)
        self._last[key] = self._end
        self._end += _HEAD.size + len(data)

    def items(self, key: Key) -> Iterator[Any]:
        """Yield the key's items in the order they came."""
        for place in reversed(self._places(key)):
            self._file.seek(place)
            _, size = _HEAD.unpack(self._file.read(_HEAD.size))
            yield json.loads(self._file.read(size))

    def count(self, key: Key) -> int:
        return len(self._places(key))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._last)

    def _places(self, key: Key) -> "array[int]":
        places = array("q")
        place = self._last.get(key, _NONE)
        while place != _NONE:
            places.append(place)
            self._file.seek(place)
            place = _HEAD.unpack(self._file.read(_HEAD.size))[0]
        return places
