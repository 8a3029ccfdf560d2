"""A call of the runtime API and its reply, whatever reads and writes the wire."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

PREFIX = b"POST /endpoints/"


class Headers(Mapping[str, str]):
    """Header fields under any spelling of their names; repeated ones are joined as signatures have them."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values: dict[str, str] = {}
        for name, value in (values or {}).items():
            self.add(name, value)

    def add(self, name: str, value: str) -> None:
        key = name.lower()
        known = self._values.get(key)
        self._values[key] = value if known is None else f"{known},{value}"

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


#: A body in pieces, none of which is copied on the way.
Body = Sequence[bytes | memoryview]


@dataclass
class Call:
    """A request below ``/endpoints/``, read to its end."""

    endpoint: str
    operation: str  # the last part of the path
    headers: Headers
    body: list[bytes]
    size_bytes: int
    target: str  # path and query as they came


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: Sequence[bytes] = ()
    stream: AsyncGenerator[bytes, None] | None = field(
        default=None
    )  # instead of a body; closed when the caller goes


CallHandler = Callable[[Call], Awaitable[Reply]]
