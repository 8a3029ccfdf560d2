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
BROWSE_PAGE_ROWS = 1_000
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


class TableOrder(_Value):
    """Settings of a job of the kind `import_table`.

    Attributes:
        prefix: where parts, pages and manifest go, data bucket.
        chosen: the columns to take; None: all of them, with guessed types.
        known: the columns of the version that the rows are added to; None: the version takes any.
        source: names and types as a catalogue tells them, instead of a guess.
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
    known: TableSchema | None = None
    source: TableSchema | None = None
    rows: int = ROWS_AT_MOST
    source_bytes: int = DATASET_BYTES


class TablePart(_Value):
    """A Parquet file with some of the rows."""

    key: str
    rows: int
    size_bytes: int
    sha256: str


class BrowsePage(_Value):
    """Up to a thousand of the first rows, as `packed_rows` leaves them."""

    key: str
    rows: int


class TableFailure(_Value):
    """Why nothing was imported; `reason` is a code of the context's failures."""

    reason: str
    message: str


class TableResult(_Value):
    """What the job found: the manifest of one import, and its report.

    Attributes:
        source_bytes: text or Parquet bytes that the rows came from, unpacked.
        size_bytes: of all parts.
        rows_read: rows taken and left out, without headers.
        reasons: how often each problem occurred; `problems` lists the first of them.
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
    problems: Sequence[Problem] = ()
    failure: TableFailure | None = None


def manifest_key(prefix: str) -> str:
    return f"{prefix}manifest.json"


def part_key(prefix: str, index: int) -> str:
    return f"{prefix}part-{index:05}.parquet"


def page_key(prefix: str, index: int) -> str:
    return f"{prefix}rows-{index:05}.jsonl.z"


def packed_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as a browse page: a JSON list per line, compressed; decimals and times are texts."""
    lines = (json.dumps(list(row), ensure_ascii=False, separators=(",", ":"), default=str) for row in rows)
    return zlib.compress("\n".join(lines).encode("utf-8", "replace"), level=6)


def unpacked_rows(data: bytes) -> list[list[Any]]:
    text = zlib.decompress(data).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]
