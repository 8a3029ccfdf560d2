"""Where answers go: a file per part, or a file per item; a part is there as a whole or not at all."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import orjson

from openbml_batch.answers import Answer
from openbml_batch.items import Source
from openbml_batch.models import BatchModel
from openbml_batch.prediction_columns import PredictionColumns
from openbml_batch.storage import Bucket, place_of
from openbml_formats.batch_orders import BatchOrder, OutputFormat, part_name
from openbml_formats.entry_names import unsafe_reason
from openbml_kit.faults import UserFault

_JSON = "application/json"
_UPLOADS_AHEAD = 64
_ROWS_OF_A_GROUP = 1000
# What a spreadsheet would take for a formula; a quote before it makes it text (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class PartWriter(Protocol):
    """One part's answers; nothing of it is found in storage before `close`, but single files of items."""

    def add(self, answer: Answer) -> None: ...

    def close(self) -> None:
        """Put the part in place."""

    def drop(self) -> None:
        """Forget what was not closed."""


OpenPart = Callable[[int], PartWriter]


class PartOpener:
    """Opens a part by its number. A table's columns are known only when its first row is read.

    Raises:
        UserFault: this image cannot write the format.
    """

    def __init__(
        self, order: BatchOrder, bucket: Bucket, model: BatchModel, source: Source, uploads: Executor
    ) -> None:
        if order.output_format is OutputFormat.PARQUET and find_spec("pyarrow") is None:
            raise UserFault("the model's image writes no Parquet: choose another output format")
        self._format = order.output_format
        self._bucket = bucket
        self._prefix = place_of(order.output_uri)[1]
        self._model = model
        self._source = source
        self._uploads = uploads

    def __call__(self, part: int) -> PartWriter:
        match self._format:
            case OutputFormat.FOLDER:
                return _Files(self._bucket, self._prefix, self._uploads)
            case OutputFormat.ZIP:
                return _Zip(self._file(part, "zip"))
            case OutputFormat.CSV:
                return _Csv(self._file(part, "csv"), self._columns())
            case OutputFormat.PARQUET:
                return _Parquet(self._file(part, "parquet"), self._columns())
            case OutputFormat.JSONL:
                return _Lines(self._file(part, "jsonl"))

    def _columns(self) -> PredictionColumns:
        return PredictionColumns(self._model, self._source.columns)

    def _file(self, part: int, extension: str) -> "_File":
        return _File(self._bucket, f"{self._prefix}{part_name(part, extension)}")


def written(answer: Answer) -> bytes:
    return orjson.dumps(answer.document(), default=str, option=orjson.OPT_SERIALIZE_NUMPY)


def file_name(answer: Answer) -> str:
    """Return the name of an item's own file; a name that no archiver writes is not used for one."""
    return f"item-{answer.index:08}.json" if unsafe_reason(answer.name) else f"{answer.name}.json"


class _File:
    """A local file that becomes an object."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self.stream = tempfile.NamedTemporaryFile("w+b", suffix=".part")  # noqa: SIM115 - closed by put or drop

    def put(self) -> None:
        self.stream.flush()
        self._bucket.put_file(self._key, Path(self.stream.name))
        self.stream.close()

    def drop(self) -> None:
        self.stream.close()


class _Lines:
    def __init__(self, file: _File) -> None:
        self._file = file

    def add(self, answer: Answer) -> None:
        self._file.stream.write(written(answer) + b"\n")

    def close(self) -> None:
        self._file.put()

    def drop(self) -> None:
        self._file.drop()


class _Zip:
    def __init__(self, file: _File) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file.stream, "w", zipfile.ZIP_DEFLATED)

    def add(self, answer: Answer) -> None:
        # A fixed date: a part that is written twice is the same file.
        self._zip.writestr(zipfile.ZipInfo(file_name(answer)), written(answer), zipfile.ZIP_DEFLATED)

    def close(self) -> None:
        self._zip.close()
        self._file.put()

    def drop(self) -> None:
        self._zip.close()
        self._file.drop()


class _Csv:
    def __init__(self, file: _File, columns: PredictionColumns) -> None:
        self._file = file
        self._columns = columns
        self._text = io.TextIOWrapper(file.stream, "utf-8", errors="replace", newline="")
        self._csv = csv.writer(self._text)
        self._csv.writerow([column.name for column in columns.columns])

    def add(self, answer: Answer) -> None:
        self._csv.writerow(
            [value if type(value) is float else _cell(value) for value in self._columns.values(answer)]
        )

    def close(self) -> None:
        self._text.flush()
        self._file.put()

    def drop(self) -> None:
        self._file.drop()


class _Parquet:
    """Columns of the input as text, as CSV has them; those of the prediction with their types."""

    def __init__(self, file: _File, columns: PredictionColumns) -> None:
        import pyarrow
        from pyarrow import parquet

        self._arrow = pyarrow
        self._file = file
        self._columns = columns
        types = {"text": pyarrow.string(), "number": pyarrow.float64(), "whole": pyarrow.int64()}
        self._schema = pyarrow.schema([(column.name, types[column.kind]) for column in columns.columns])
        self._writer = parquet.ParquetWriter(file.stream, self._schema, compression="zstd")
        self._rows: list[Sequence[Any]] = []

    def add(self, answer: Answer) -> None:
        values = zip(self._columns.values(answer), self._columns.columns, strict=True)
        self._rows.append([_text(value) if column.kind == "text" else value for value, column in values])
        if len(self._rows) >= _ROWS_OF_A_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()
        self._file.put()

    def drop(self) -> None:
        self._writer.close()
        self._file.drop()

    def _flush(self) -> None:
        if self._rows:
            arrays = [
                self._arrow.array(values, field.type)
                for values, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
            ]
            self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
            self._rows.clear()


class _Files:
    """Each answer is an object of its own; a part that is written again writes the same objects."""

    def __init__(self, bucket: Bucket, prefix: str, uploads: Executor) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._uploads = uploads
        self._sending: list[Future[None]] = []

    def add(self, answer: Answer) -> None:
        key = f"{self._prefix}{file_name(answer)}"
        self._sending.append(self._uploads.submit(self._bucket.put, key, written(answer), _JSON))
        if len(self._sending) >= _UPLOADS_AHEAD:
            self._sending.pop(0).result()

    def close(self) -> None:
        while self._sending:
            self._sending.pop(0).result()

    def drop(self) -> None:
        for future in self._sending:
            future.cancel()


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value, default=str).decode() if isinstance(value, dict | list) else str(value)


def _cell(value: Any) -> Any:
    if type(value) is str:
        return f"'{value}" if value.startswith(_FORMULA) and not _is_number(value) else value
    return _text(value)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
