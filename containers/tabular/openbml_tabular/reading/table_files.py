"""The Parquet parts of a table's snapshot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.snapshots import Manifest, checked_part, read_manifest


@dataclass(frozen=True)
class TableFiles:
    """Attributes:
    parts: intact files, in the table's order of rows.
    names: the table's columns.
    """

    manifest: Manifest
    parts: Sequence[Path]
    names: Sequence[str]
    rows: int

    def groups(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the table, one row group after the other; texts are dictionaries."""
        for path in self.parts:
            with pq.ParquetFile(path, read_dictionary=_texts(path, columns), memory_map=True) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, columns=list(columns), use_threads=False)

    def type_of(self, column: str) -> pa.DataType:
        return pq.read_schema(self.parts[0]).field(column).type

    def row_bytes(self, columns: Sequence[str]) -> float:
        """Return the bytes that a row of these columns takes, by the first rows; at least 8 a column."""
        first = next(self.groups(columns), None)
        measured = first.nbytes / first.num_rows if first is not None and first.num_rows else 0.0
        return max(measured, 8.0 * len(columns))


def table_files(folder: Path, parts_folder: Path) -> TableFiles:
    """Return the table of a channel.

    Args:
        folder: has the snapshot's manifest.
        parts_folder: has the parts below it, at a tail of their keys.

    Raises:
        PlatformFault: the snapshot is of no table, a part is missing or damaged, or is no Parquet.
        UserFault: the table has no rows.
    """
    manifest = read_manifest(folder)
    if manifest.layout != "parquet" or manifest.columns is None:
        raise PlatformFault(
            f"snapshot {manifest.snapshot_id} is of no table: its layout is {manifest.layout}"
        )
    parts = [checked_part(parts_folder, shard) for shard in manifest.shards]
    rows = sum(_rows(path, manifest.columns.names) for path in parts)
    if not rows:
        raise UserFault("the dataset version has no rows; import a table into it first")
    return TableFiles(manifest, parts, manifest.columns.names, rows)


def _rows(path: Path, names: Sequence[str]) -> int:
    try:
        metadata = pq.read_metadata(path)
    except (OSError, pa.ArrowException) as error:
        raise PlatformFault(f"table part {path.name} cannot be read: {error}") from error
    lacking = set(names) - set(metadata.schema.to_arrow_schema().names)
    if lacking:
        raise PlatformFault(f"table part {path.name} lacks the columns {', '.join(sorted(lacking)[:10])}")
    return int(metadata.num_rows)


def _texts(path: Path, columns: Sequence[str]) -> list[str]:
    schema = pq.read_schema(path)
    return [name for name in columns if pa.types.is_string(schema.field(name).type)]
