"""Imports of tables: rows, checked and typed, as Parquet parts (spec 01 QS-8, spec 02 section 8.10).

A file of any size is read in a few megabytes of memory: once for the types where they are not known, once for
the values. Nothing of an import counts before its manifest is committed, so that a job may be done again.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from openbml_data.table_files import TableFile, external_files, table_files
from openbml_data.table_guesses import TypeGuess
from openbml_data.table_parts import PageWriter, PartWriter, TableStore
from openbml_data.table_problems import ProblemLog, TableRefusedError, malformed
from openbml_data.table_sources import RowSource, row_source, suffix_of
from openbml_data.table_texts import TextRows
from openbml_data.table_values import arrow_type, column_values
from openbml_formats.records import Severity
from openbml_formats.tables.column_types import STRING
from openbml_formats.tables.schemas import BadValuePolicy, TableSchema
from openbml_formats.tables.table_imports import (
    BrowsePage,
    TableFailure,
    TableOrder,
    TablePart,
    TableResult,
    import_result_key,
)

Tell = Callable[[int, int], None]


def import_table(
    order: TableOrder, uploads: Sequence[TableFile], store: TableStore, *, tell: Tell
) -> TableResult:
    """Return what was imported, or why nothing was; the result is written as the last act.

    Args:
        tell: takes how many bytes are read and how many there are to read.
    """
    log = ProblemLog()
    try:
        files = (
            external_files(uploads) if order.external else table_files(uploads, suffix_of(order.format), log)
        )
        result = _Import(order, store, log, tell).of(files)
    except TableRefusedError as error:
        failure = TableFailure(reason=error.reason, message=error.message)
        return TableResult(
            import_id=order.import_id,
            reasons=dict(log.reasons),
            severities=dict(log.severities),
            problems=log.listed,
            failure=failure,
        )
    store.put(
        import_result_key(order.prefix), result.model_dump_json().encode(), content_type="application/json"
    )
    return result


class _BadCell(NamedTuple):
    place: int
    column: str
    reason: str
    message: str


class _Import:
    def __init__(self, order: TableOrder, store: TableStore, log: ProblemLog, tell: Tell) -> None:
        self._order = order
        self._store = store
        self._log = log
        self._tell = tell
        self._rows_read = 0
        self._rows_left_out = 0

    def of(self, files: Sequence[TableFile]) -> TableResult:
        size = sum(file.size for file in files)
        if size > self._order.source_bytes:
            raise TableRefusedError(
                "volume_limit",
                f"The data set would grow over 20 GB: {self._order.source_bytes} bytes are left.",
            )
        source = row_source(files, self._order)
        passes = 2 if source.columns is None else 1
        columns = source.columns or self._guessed(source, size * passes)
        parts, pages = self._written(source, columns, size * (passes - 1), size * passes)
        self._tell(size * passes, size * passes)
        return TableResult(
            import_id=self._order.import_id,
            columns=columns,
            rows=sum(part.rows for part in parts),
            rows_read=self._rows_read,
            rows_left_out=self._rows_left_out,
            source_bytes=size,
            size_bytes=sum(part.size_bytes for part in parts),
            parts=parts,
            pages=pages,
            dialect=source.dialect,
            reasons=dict(self._log.reasons),
            severities=dict(self._log.severities),
            problems=self._log.listed,
        )

    def _guessed(self, source: RowSource, total: int) -> TableSchema:
        """Return all columns with the types that all of their cells allow."""
        guesses = [TypeGuess() for _ in source.names.columns]
        count = 0
        for rows, done in source.rows():
            for guess, texts in zip(guesses, rows.columns, strict=True):
                guess.add(texts)
            count += rows.count
            self._check_rows(count)
            self._tell(done, total)
        typed = [
            column.model_copy(update={"type": guess.type})
            for column, guess in zip(source.names.columns, guesses, strict=True)
        ]
        return TableSchema.checked(typed)

    def _check_rows(self, count: int) -> None:
        if count > self._order.rows:
            raise TableRefusedError(
                "volume_limit",
                f"The data set would have more than 10,000,000 rows: {self._order.rows} are left.",
            )

    def _written(
        self, source: RowSource, columns: TableSchema, before: int, total: int
    ) -> tuple[Sequence[TablePart], Sequence[BrowsePage]]:
        schema = pa.schema([(column.name, arrow_type(column.type)) for column in columns.columns])
        parts = PartWriter(self._store, self._order.prefix, schema)
        pages = PageWriter(self._store, self._order.prefix)
        taken = 0
        try:
            for rows, done in source.rows():
                batch = self._typed(rows, columns, schema)
                taken += batch.num_rows
                self._check_rows(taken)
                parts.add(batch)
                pages.add(batch)
                self._tell(before + done, total)
            if not self._rows_read:
                raise malformed("the file has no rows")
            return parts.finish(), pages.finish()
        except BaseException as error:
            parts.abandon(error)
            raise

    def _typed(self, rows: TextRows, columns: TableSchema, schema: Any) -> Any:
        """Return the rows as the columns' values, as the policy for bad ones says."""
        bad = [
            _BadCell(row.place, "", "cell_count", f"the row has {row.cell_count} cells")
            for row in rows.ragged
        ]
        values = []
        for column in columns.columns:
            found, errors = column_values(rows.columns[column.ordinal], column.type)
            values.append(found)
            bad += [_BadCell(place, column.name, error.reason, str(error)) for place, error in errors.items()]
        self._rows_read += rows.count
        batch = pa.RecordBatch.from_arrays(values, schema=schema)
        return self._judged(rows, batch, sorted(bad), columns) if bad else batch

    def _judged(self, rows: TextRows, batch: Any, bad: Sequence[_BadCell], columns: TableSchema) -> Any:
        policy = self._order.column_error
        if policy is BadValuePolicy.FAIL:
            first = bad[0]
            line = rows.line(first.place)
            raise TableRefusedError("bad_value", f"{rows.file}, line {line}: {_told(first)}")
        texts = {column.name for column in columns.columns if column.type == STRING}
        for cell in bad:
            severity = _severity(cell, policy, texts)
            if self._log.is_full:
                self._log.count(cell.reason, severity)
                continue
            line = rows.line(cell.place)
            self._log.add(rows.file, cell.reason, _told(cell), line=line, severity=severity)
        if policy is BadValuePolicy.AUTO:
            return batch
        places = sorted({cell.place for cell in bad})
        self._rows_left_out += len(places)
        numbers = pa.array(range(batch.num_rows), pa.int64())
        return batch.filter(pc.invert(pc.is_in(numbers, value_set=pa.array(places, pa.int64()))))


def _told(cell: _BadCell) -> str:
    return f"column {cell.column}: {cell.message}" if cell.column else cell.message


def _severity(cell: _BadCell, policy: BadValuePolicy, texts: set[str]) -> Severity:
    if policy is BadValuePolicy.SKIP:
        return Severity.REJECTED
    cut = cell.reason == "cell_too_long" and cell.column in texts
    return Severity.CUT if cut else Severity.CHANGED
