"""Items become answers: loaded ahead, computed on all cores, given in their order."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from openbml_batch.items import Document, Item, ItemError, refused
from openbml_batch.models import BatchModel
from openbml_batch.ordered_work import in_order
from openbml_batch.payloads import Kind
from openbml_kit.faults import Fault

_log = logging.getLogger("openbml_batch")
_READERS = 16
_LOADED_AHEAD = 32  # units; each holds at most a few megabytes
_ROWS_OF_A_UNIT = 250


class Answer(NamedTuple):
    """What an item is answered; `error_code` is None where it succeeded."""

    index: int
    name: str
    row: Document | None
    reply: Mapping[str, Any]
    error_code: int | None = None

    def document(self) -> Mapping[str, Any]:
        return {"name": self.name, "index": self.index, **self.reply}


class _Loaded(NamedTuple):
    item: Item
    content: Document | ItemError


class Answering:
    """Threads that answer; `with` ends them."""

    def __init__(self, model: BatchModel, parameters: Document) -> None:
        self._model = model
        self._parameters = parameters
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self._ahead = 3 * model.parallel
        self._workers = ThreadPoolExecutor(model.parallel, thread_name_prefix="inference")

    def __enter__(self) -> "Answering":
        return self

    def __exit__(self, *error: object) -> None:
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._readers.shutdown(wait=True, cancel_futures=True)

    def answers(self, items: Iterable[Item], *, part_items: int) -> Iterator[Answer]:
        """Yield the answers in the order of the items.

        Raises:
            UserFault, PlatformFault: the input as a whole cannot be read, or the model's process is gone.
        """
        by_rows = self._model.payload.kind is Kind.ROWS
        units = _units(items, by_rows, part_items)
        if by_rows:  # a row is here already, or is a line of text: there is nothing to wait for
            answered = in_order(self._workers, self._loaded_and_answered, units, ahead=self._ahead)
        else:
            loaded = in_order(self._readers, _load_all, units, ahead=_LOADED_AHEAD)
            answered = in_order(self._workers, self._answered, loaded, ahead=self._ahead)
        for answers in answered:
            yield from answers

    def _loaded_and_answered(self, unit: Sequence[Item]) -> Sequence[Answer]:
        return self._answered(_load_all(unit))

    def _answered(self, unit: Sequence[_Loaded]) -> Sequence[Answer]:
        if self._model.payload.kind is not Kind.ROWS or unit[0].item.row is None:
            return [self._one(loaded) for loaded in unit]
        sound = [
            (loaded.item, loaded.content) for loaded in unit if not isinstance(loaded.content, ItemError)
        ]
        found = {answer.index: answer for answer in self._of_rows(sound)}
        return [found.get(loaded.item.index) or self._one(loaded) for loaded in unit]

    def _one(self, loaded: _Loaded) -> Answer:
        if isinstance(loaded.content, ItemError):
            return failed(loaded.item, loaded.content)
        try:
            reply = self._model.answer({**self._parameters, **loaded.content})
        except ItemError as error:
            return failed(loaded.item, error)
        except Fault:
            raise
        except Exception:  # noqa: BLE001 - one item's fault of ours must not end a job of a million
            _log.exception("item %d failed", loaded.item.index)
            return failed(loaded.item, refused("internal"))
        code = reply.get("error_code")  # a model's own code may answer with an error of its own
        told = code if isinstance(code, int) else None
        return Answer(loaded.item.index, loaded.item.name, loaded.item.row, reply, told)

    def _of_rows(self, rows: Sequence[tuple[Item, Document]]) -> Sequence[Answer]:
        """Answer rows in one request; a refused request is halved until the wrong rows are found."""
        if not rows:
            return []
        document = {**self._parameters, self._model.payload.field: [row for _item, row in rows]}
        try:
            results = self._model.answer(document)["batch_results"]
        except ItemError as error:
            if len(rows) == 1:
                return [failed(rows[0][0], error)]
            middle = len(rows) // 2
            return [*self._of_rows(rows[:middle]), *self._of_rows(rows[middle:])]
        except Fault:
            raise
        except Exception:  # noqa: BLE001 - as above
            _log.exception("rows from %d failed", rows[0][0].index)
            return [failed(item, refused("internal")) for item, _row in rows]
        return [
            Answer(item.index, item.name, item.row, result)
            for (item, _row), result in zip(rows, results, strict=True)
        ]


def failed(item: Item, error: ItemError) -> Answer:
    reply = {"error_code": error.code, "error_msg": error.message}
    return Answer(item.index, item.name, item.row, reply, error.code)


def _units(items: Iterable[Item], by_rows: bool, part_items: int) -> Iterator[Sequence[Item]]:  # noqa: FBT001
    """Yield what is computed at once: a single item, or rows of a table that lie in one part."""
    unit: list[Item] = []
    for item in items:
        full = len(unit) >= _ROWS_OF_A_UNIT or not by_rows or item.row is None
        if unit and (full or item.index // part_items != unit[0].index // part_items):
            yield unit
            unit = []
        unit.append(item)
    if unit:
        yield unit


def _load_all(items: Sequence[Item]) -> Sequence[_Loaded]:
    return [_Loaded(item, _content_of(item)) for item in items]


def _content_of(item: Item) -> Document | ItemError:
    try:
        return item.load()
    except ItemError as error:
        return error
