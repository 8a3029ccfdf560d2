"""Tables, CSV and Parquet: every row is an item."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from io import TextIOWrapper
from typing import Any

from openbml_batch.items import Document, Item, Wanted, refused
from openbml_batch.models import BatchModel
from openbml_batch.payloads import Kind
from openbml_batch.sources.listings import Listing
from openbml_batch.storage import RangeFile, Stored, open_buffered
from openbml_kit.faults import UserFault

_MOST_FIELD = 1 << 20
_DELIMITERS = ",;\t|"
_ROWS_AT_ONCE = 1000
_PLAIN = str.maketrans("", "", "0123456789.+-")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")


class _Tables:
    """What the two formats share: the columns that the model needs, and rows as requests."""

    def __init__(self, listing: Listing, model: BatchModel) -> None:
        self._listing = listing
        self._by_rows = model.payload.kind is Kind.ROWS
        self._needed: Sequence[str] = model.features if self._by_rows else model.payload.required
        if not self._needed or model.payload.kind is Kind.BINARY:
            raise UserFault("the model takes no tables: its requests carry files, not columns")
        self._numbers = model.numbers
        self.columns: tuple[str, ...] = ()
        self.total: int | None = None
        self.share = 0.0
        self.print = listing.print

    def _check(self, stored: Stored, columns: Sequence[str]) -> None:
        """Raises UserFault: the header is not one of rows for this model, or differs between files."""
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            raise UserFault(f"{stored.name} has the columns {', '.join(repeated)} more than once")
        missing = [name for name in self._needed if name not in columns]
        if missing:
            raise UserFault(f"{stored.name} lacks the columns {', '.join(missing)} that the model needs")
        if self.columns and tuple(columns) != self.columns:
            raise UserFault(f"{stored.name} has other columns than the files before it")
        self.columns = tuple(columns)

    def _item(
        self,
        index: int,
        stored: Stored,
        number: int,
        row: Document,
        reason: str = "",
        *,
        plain: bool = False,
    ) -> Item:
        """
        Args:
            reason: what is wrong with the row.
            plain: its values are of digits, signs and points only.
        """
        load = partial(self._load, row, reason, plain=plain)
        return Item(index, f"{stored.name}:{number}", load, row)

    def _load(self, row: Document, reason: str, *, plain: bool) -> Document:
        if reason:
            raise refused("invalid_argument", reason)
        if self._by_rows:
            if plain:
                with suppress(ValueError):
                    return self._numbered(row)
            return {name: self._value(name, row[name]) for name in self._needed}
        return {name: value for name in self._needed if (value := row[name]) is not None}

    def _numbered(self, row: Document) -> Document:
        """Return the model's columns of a row of nothing but plain numbers. Raises ValueError: of others."""
        return {
            name: float(value) if (value := row[name]) is not None and name in self._numbers else value
            for name in self._needed
        }

    def _value(self, name: str, value: Any) -> Any:
        """Return what the model is asked: plain numbers at once, so that it need not read their texts."""
        if type(value) is str and name in self._numbers and _PLAIN_NUMBER.fullmatch(value):
            return float(value)
        return value


class CsvSource(_Tables):
    """Rows behind a header, in UTF-8; a comma, semicolon, tab or bar between values. Empty is missing."""

    def items(self, wanted: Wanted) -> Iterator[Item]:
        usual = csv.field_size_limit(_MOST_FIELD)
        try:
            yield from self._all_items(wanted)
        finally:
            csv.field_size_limit(usual)

    def _all_items(self, wanted: Wanted) -> Iterator[Item]:
        index = before = 0
        for stored in self._listing:
            with open_buffered(self._listing.bucket, stored) as raw:
                # Bytes that are no UTF-8 come through as half characters: an error of their row, not of all.
                text = TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
                for number, values in self._rows(stored, text):
                    self.share = (before + raw.tell()) / max(1, self._listing.size_bytes)
                    if wanted(index):
                        plain = not "".join(values).translate(_PLAIN)
                        yield self._item(index, stored, number, *self._row(values), plain=plain)
                    index += 1
            before += stored.size
        self.total = index
        self.share = 1.0

    def _rows(self, stored: Stored, text: TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        """Yield rows with their line numbers; the header is checked, blank lines are none."""
        head = text.readline(_MOST_FIELD)
        delimiter = max(_DELIMITERS, key=lambda mark: (head.count(mark), -_DELIMITERS.index(mark)))
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter)
        try:
            self._check(stored, [name.strip() for name in next(reader, [])])
            for values in reader:
                if values:
                    yield reader.line_num, values
        except csv.Error as error:
            where = f"{stored.name}, line {reader.line_num}"
            raise UserFault(f"{where} cannot be read as CSV: {error}. Is a quote not closed?") from error

    def _row(self, values: Sequence[str]) -> tuple[Document, str]:
        """Return the row, and what is wrong with it."""
        if len(values) != len(self.columns):
            row = dict.fromkeys(self.columns) | dict(zip(self.columns, values, strict=False))
            return row, f"the row has {len(values)} values, the header {len(self.columns)}"
        text = "".join(values)
        if not text.isascii() and not _is_text(text):
            clean = (value.encode("utf-8", "replace").decode() for value in values)
            return dict(zip(self.columns, clean, strict=True)), "the row is not UTF-8"
        return dict(zip(self.columns, [value or None for value in values], strict=True)), ""


class ParquetSource(_Tables):
    """Rows of Parquet files, read group by group."""

    def __init__(self, listing: Listing, model: BatchModel) -> None:
        super().__init__(listing, model)
        from pyarrow import ArrowException, parquet  # an image without it says so where tables are ordered

        self._parquet = parquet
        self._unreadable = ArrowException
        self.total = sum(self._opened(stored).metadata.num_rows for stored in listing)

    def items(self, wanted: Wanted) -> Iterator[Item]:
        index = 0
        for stored in self._listing:
            file = self._opened(stored)
            self._check(stored, file.schema_arrow.names)
            first = index
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if any(wanted(place) for place in range(index, index + rows)):
                    yield from self._group(file, group, wanted, index, stored, first)
                index += rows
                self.share = index / max(1, self.total or 0)
        self.share = 1.0

    def _group(
        self, file: Any, group: int, wanted: Wanted, index: int, stored: Stored, first: int
    ) -> Iterator[Item]:
        try:
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group]):
                places = [place for place in range(batch.num_rows) if wanted(index + place)]
                if places:
                    rows = batch.to_pylist()
                    for place in places:
                        row = _plain(rows[place])
                        yield self._item(index + place, stored, index + place - first + 1, row)
                index += batch.num_rows
        except (self._unreadable, OSError, ValueError) as error:
            raise UserFault(f"{stored.name} is damaged: {error}") from error

    def _opened(self, stored: Stored) -> Any:
        try:
            return self._parquet.ParquetFile(RangeFile(self._listing.bucket, stored), pre_buffer=False)
        except (self._unreadable, OSError, ValueError) as error:
            raise UserFault(f"{stored.name} cannot be read as Parquet: {error}") from error


def _plain(row: Mapping[str, Any]) -> Document:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    """Return a value as JSON and the API have it."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
