"""Imports of tables: what the job is told, and what it leaves behind.

Rows lie as Parquet parts below `projects/{project}/tables/{dataset}/{version}/{import}/`; the first rows lie
beside them once more as compressed JSON lines, which is what people browse.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from openbml_formats.records import Problem
from openbml_formats.tables.dialects import Delimiter, Dialect, Encoding
from openbml_formats.tables.schemas import BadValuePolicy, TableSchema

# --- the manual's (spec 01 QS-8, spec 02 section 9); columns in `schemas`, cells in `values` ---
ROWS_AT_MOST = 10_000_000
FILE_BYTES = 5 * 1024**3
DATASET_BYTES = 20 * 1024**3
# --- ours ---
LISTED_PROBLEMS = 1_000
BROWSE_ROWS = 10_000
BROWSE_BYTES = 64 * 1024**2
BROWSE_PAGE_ROWS = 1_000
BROWSE_PAGE_BYTES = 2 * 1024**2
PART_ROWS = 1_000_000
PART_BYTES = 96 * 1024**2
FILES_PER_ARCHIVE = 10_000


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True)


class HeaderChoice(StrEnum):
    """Whether the first row names the columns; `auto` decides by the rows."""

    AUTO = "auto"
    TRUE = "true"
    FALSE = "false"


class TableFormat(StrEnum):
    """What the rows are read from; `json` is a document per line, as external tables may have them."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"


class UploadType(StrEnum):
    APPEND = "append"
    OVERWRITE = "overwrite"


class ExternalFiles(_Value):
    """Where the files of an external table lie; all below the prefix belong to it."""

    bucket: str
    prefix: str


class TableOrder(_Value):
    """Settings of a job of the kind `import_table`.

    Attributes:
        prefix: where parts, pages and the result go, data bucket.
        chosen: the columns to take; None: all of them, with guessed types.
        known_key: manifest of the version that the rows are added to, data bucket.
        known: its columns; None: the version takes any. A job reads them from there.
        external: files that are read where they are, instead of an upload.
        source: their columns' names and types as a catalogue tells them, instead of a guess.
        copied_key: manifest of another version whose rows are copied, data bucket, instead of an upload.
        rows, source_bytes: how much the version can still take.
    """

    import_id: int
    prefix: str
    format: TableFormat = TableFormat.CSV
    header: HeaderChoice = HeaderChoice.AUTO
    delimiter: Delimiter | None = None
    encoding: Encoding | None = None
    column_error: BadValuePolicy = BadValuePolicy.AUTO
    chosen: TableSchema | None = None
    known_key: str | None = None
    known: TableSchema | None = None
    external: ExternalFiles | None = None
    source: TableSchema | None = None
    copied_key: str | None = None
    rows: int = ROWS_AT_MOST
    source_bytes: int = DATASET_BYTES


class TablePart(_Value):
    """A Parquet file with some of the rows."""

    key: str
    rows: int
    size_bytes: int
    sha256: str


class BrowsePage(_Value):
    """Up to a thousand of the first rows, as `packed_rows` leaves them; fewer where they are long."""

    key: str
    rows: int


class TableFailure(_Value):
    """Why nothing was imported; `reason` is a code of the context's failures."""

    reason: str
    message: str


class TableManifest(_Value):
    """All rows of a version, in their order; written once, under a name of its own for every change.

    Attributes:
        source_bytes: text or Parquet bytes that the rows came from, unpacked.
        size_bytes: of all parts.
        pages: of the first rows, without a gap.
    """

    columns: TableSchema
    rows: int
    source_bytes: int
    size_bytes: int
    parts: Sequence[TablePart]
    pages: Sequence[BrowsePage]


class TableResult(_Value):
    """What the job found: the rows of one import, and its report.

    Attributes:
        source_bytes: text or Parquet bytes that the rows came from, unpacked.
        size_bytes: of all parts.
        rows_read: rows taken and left out, without headers.
        reasons, severities: how often each occurred; `problems` lists the first cases.
    """

    import_id: int
    columns: TableSchema | None = None
    rows: int = 0
    rows_read: int = 0
    rows_left_out: int = 0
    source_bytes: int = 0
    size_bytes: int = 0
    parts: Sequence[TablePart] = ()
    pages: Sequence[BrowsePage] = ()
    dialect: Dialect | None = None
    reasons: Mapping[str, int] = Field(default_factory=dict)
    severities: Mapping[str, int] = Field(default_factory=dict)
    problems: Sequence[Problem] = ()
    failure: TableFailure | None = None


def import_result_key(prefix: str) -> str:
    return f"{prefix}result.json"


def part_key(prefix: str, index: int) -> str:
    return f"{prefix}part-{index:05}.parquet"


def page_key(prefix: str, index: int) -> str:
    return f"{prefix}rows-{index:05}.jsonl.z"


def row_line(row: Sequence[Any]) -> bytes:
    """Return a row as a line of a browse page: a JSON list; decimals and times are texts."""
    return json.dumps(list(row), ensure_ascii=False, separators=(",", ":"), default=str).encode()


def packed_rows(lines: Iterable[bytes]) -> bytes:
    """Return a browse page: rows' lines, compressed."""
    return zlib.compress(b"\n".join(lines), level=6)


def unpacked_rows(data: bytes) -> list[list[Any]]:
    text = zlib.decompress(data).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]
