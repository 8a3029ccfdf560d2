"""Exports of tables: a version's rows as one CSV, or its Parquet parts as they are, in an archive."""

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from openbml_formats.protocols import Archive
from openbml_formats.tables.table_imports import TableManifest

OpenPart = Callable[[str], BinaryIO]
TellRows = Callable[[int, int], None]

_BATCH_ROWS = 65_536
_PIECE_BYTES = 1024**2


class TableFormatError(Exception):
    """Tables cannot be written in the format; the message names it."""


def write_table(
    manifest: TableManifest, format_code: str, archive: Archive, *, open_part: OpenPart, tell: TellRows
) -> int:
    """Write all rows into the archive and return their number.

    Args:
        open_part: gives a part's file by its key.
        tell: takes how many rows are written and how many there are.

    Raises:
        TableFormatError: neither `csv` nor `parquet`.
    """
    if format_code == "csv":
        archive.add_from("table.csv", _csv_pieces(manifest, open_part, tell))
    elif format_code == "parquet":
        _add_parts(manifest, archive, open_part, tell)
    else:
        raise TableFormatError(f"tables cannot be written as {format_code}; csv and parquet are possible")
    return manifest.rows


def _add_parts(manifest: TableManifest, archive: Archive, open_part: OpenPart, tell: TellRows) -> None:
    done = 0
    for index, part in enumerate(manifest.parts):
        with open_part(part.key) as file:
            archive.add_from(f"part-{index:05}.parquet", iter(lambda: file.read(_PIECE_BYTES), b""))
        done += part.rows
        tell(done, manifest.rows)


def _csv_pieces(manifest: TableManifest, open_part: OpenPart, tell: TellRows) -> Iterator[bytes]:
    yield (",".join(manifest.columns.names) + "\n").encode()
    done = 0
    for part in manifest.parts:
        with open_part(part.key) as file:
            for batch in pyarrow.parquet.ParquetFile(file).iter_batches(batch_size=_BATCH_ROWS):
                yield csv_lines(batch)
                done += batch.num_rows
                tell(done, manifest.rows)


def csv_lines(batch: Any) -> bytes:
    """Return rows as CSV without a header: LF, quotes where a text of the batch needs them, nulls empty."""
    try:
        return _written(batch, "none")
    except pa.ArrowInvalid:  # a text with a quote, a comma or a line end
        return _written(batch, "needed")


def _written(batch: Any, quoting: str) -> bytes:
    out = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting)
    pyarrow.csv.write_csv(pa.Table.from_batches([batch]), out, options)
    return out.getvalue()
