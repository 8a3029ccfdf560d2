"""Records that can be filtered and joined: rows of CSV and JSON documents."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

Format = Literal["csv", "jsonlines", "json"]
_FORMATS: dict[str, Format] = {
    "text/csv": "csv",
    "application/jsonlines": "jsonlines",
    "application/x-jsonlines": "jsonlines",
    "application/json": "json",
}


class RecordError(Exception):
    """A record is not what its content type says."""


def format_of(content_type: str | None, *, by_line: bool) -> Format | None:
    """Return the format of a content type; JSON split by line is JSON Lines."""
    name = (content_type or "").partition(";")[0].strip().lower()
    found = _FORMATS.get(name)
    return "jsonlines" if found == "json" and by_line else found


@dataclass(frozen=True)
class Codec:
    """How one record is read and written. Written records have no newline at the end."""

    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes]


def codec(kind: Format) -> Codec:
    return Codec(_read_row, _write_row) if kind == "csv" else Codec(_read_json, _write_json)


def raw_records(file: BinaryIO, kind: Format) -> Iterator[bytes]:
    """Yield the records of an open file: its lines, or the whole of it."""
    if kind == "json":
        yield file.read()
        return
    for line in file:
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def _read_row(text: bytes) -> list[str]:
    try:
        rows = list(csv.reader(io.StringIO(text.decode()), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecordError(f"a record is not CSV: {error}") from error
    return rows[0] if rows else []


def _write_row(row: Any) -> bytes:
    cells = row if isinstance(row, list) else [row]
    target = io.StringIO()
    csv.writer(target, lineterminator="").writerow(cells)
    return target.getvalue().encode()


def _read_json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"a record is not JSON: {error}") from error


def _write_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
