"""Items of an input: each becomes one answer, in order, whatever is wrong with it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from openbml_catalog.errors import prediction_error

_DETAIL_CHARACTERS = 300

Document = Mapping[str, Any]
Wanted = Callable[[int], bool]


class ItemError(Exception):
    """The item cannot be answered; `code` and `message` are what its answer says."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message


def refused(name: str, detail: str = "") -> ItemError:
    """Return the error of a row of the catalogue, the detail said behind its literal message."""
    row = prediction_error(name)
    return ItemError(row.code, f"{row.message}: {detail[:_DETAIL_CHARACTERS]}" if detail else row.message)


class Item(NamedTuple):
    """One item; a tuple, because there are millions.

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
