"""Writes snapshots of tables as the datasets context freezes them, and their parts where a job finds them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

_TYPES: Mapping[str, str] = {
    "int64": "bigint",
    "double": "double",
    "string": "string",
    "bool": "string",
    "date32[day]": "date",
    "timestamp[us]": "timestamp",
}


def table_of(columns: Mapping[str, Any]) -> pa.Table:
    return pa.table(dict(columns))


def csv_table(path: Path) -> pa.Table:
    """Return a CSV as an import leaves it: empty cells are missing, also of texts."""
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True, quoted_strings_can_be_null=True)
    table = pyarrow.csv.read_csv(path, convert_options=options)
    booleans = [i for i, field in enumerate(table.schema) if pa.types.is_boolean(field.type)]
    for place in booleans:
        name = table.column_names[place]
        table = table.set_column(place, name, table.column(place).cast(pa.string()))
    return table


def write_table_snapshot(base: Path, channel: str, table: pa.Table, *, parts: int = 2) -> None:
    """Write the channels `channel` (the manifest) and `channel_parts` (the Parquet files)."""
    folder, parts_folder = (base / "input" / "data" / name for name in (channel, f"{channel}_parts"))
    folder.mkdir(parents=True)
    step = max(1, -(-table.num_rows // parts))
    shards = []
    for number, start in enumerate(range(0, max(table.num_rows, 1), step)):
        key = f"projects/42/tables/1/1/{channel}/part-{number:05d}.parquet"
        path = parts_folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        chosen = table.slice(start, step)
        pyarrow.parquet.write_table(chosen, path)
        body = path.read_bytes()
        shards.append(
            {
                "key": key,
                "sample_count": chosen.num_rows,
                "size_bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
        )
    columns = [
        {"name": field.name, "type": _TYPES[str(field.type)], "ordinal": place, "raw_name": field.name}
        for place, field in enumerate(table.schema)
    ]
    manifest = {
        "format": "openbml.snapshot/1",
        "snapshot_id": hashlib.sha256(json.dumps(shards).encode()).hexdigest(),
        "task": "tabular_prediction",
        "layout": "parquet",
        "labels": [],
        "sample_count": table.num_rows,
        "shards": shards,
        "dataset_versions": [{"dataset_id": 1, "version_number": 1, "revision": 3}],
        "columns": {"columns": columns},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
