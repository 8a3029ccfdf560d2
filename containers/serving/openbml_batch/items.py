"""Items of an input: each becomes one answer, in order, whatever is wrong with it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]
Wanted = Callable[[int], bool]


class ItemError(Exception):
    """The item cannot be answered.

    Attributes:
        name: a row of the catalogue's prediction errors.
        detail: what exactly is wrong, said behind the row's literal message.
    """

    def __init__(self, name: str, detail: str = "") -> None:
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name = name
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Item:
    """One item.

    Attributes:
        index: its place in the whole input, from 0.
        name: the file's, or the file's with the line or row in it.
        load: returns the request, or a table's row. It raises ItemError.
        row: the input's columns where the item is a table's row, for tables of results.
    """

    index: int
    name: str
    load: Callable[[], Document]
    row: Document | None = None


class Source(Protocol):
    """An input being read.

    Attributes:
        columns: of the input's table, empty where it is none.
        total: how many items there are; None before that is known.
        share: of the input that was read, 0 to 1.
        print: names the input's content: another one has another print.
    """

    columns: tuple[str, ...]
    total: int | None
    share: float
    print: str

    def items(self, wanted: Wanted) -> Iterator[Item]:
        """Yield the items whose index is wanted, in order; the others are passed over as cheaply as can be.

        At the end `total` is known. Raises UserFault: the input as a whole cannot be read.
        """
