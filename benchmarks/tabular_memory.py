"""Peak memory of reading and encoding a table of 1,000,000 x 50.

Run in the tabular image's environment:
    PYTHONPATH=containers/tabular:containers/kit:layers/catalog:layers/formats \\
        python benchmarks/tabular_memory.py
Writes the table once, as an import would, into a folder that is taken away at the end, and reads it in a
process of its own. With `--memory-gib 1` the plan samples.
"""

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openbml_catalog.tabular.settings import TabularSettings
from openbml_tabular.features.encoding import encode_table
from openbml_tabular.features.fitting import fit_feature_map
from openbml_tabular.features.target_values import learned_target
from openbml_tabular.reading.tables import read_table
from openbml_tabular.splitting.holdout import holdout, holdout_share
from openbml_tabular.splitting.keys import split_keys

ROWS, COLUMNS = 1_000_000, 50
_GROUP = 250_000
_SETTINGS = TabularSettings(target="label")


def batch(start: int, rows: int) -> pa.Table:
    """Return rows of 35 numbers, 8 whole numbers, 5 categories, a date and a target."""
    random = np.random.default_rng(start)
    x = random.normal(size=(rows, COLUMNS - 15))
    columns: dict[str, Any] = {f"x{place}": x[:, place] for place in range(COLUMNS - 15)}
    columns |= {f"n{place}": random.integers(0, 10 ** (place + 1), rows) for place in range(8)}
    for place in range(5):
        names = np.array([f"category_{place}_{number}" for number in range(4 ** (place + 1))])
        columns[f"c{place}"] = names[random.integers(0, len(names), rows)]
    columns["day"] = (np.datetime64("2020-01-01") + random.integers(0, 2000, rows)).astype("datetime64[D]")
    columns["label"] = np.array(["no", "yes"])[(x[:, 0] + x[:, 1] * x[:, 2] > 1).astype(int)]
    return pa.table(columns)


def write(folder: Path) -> None:
    """Write the snapshot of the table: a manifest and two parts."""
    shards, schema = [], batch(0, 10).schema
    for number, groups in enumerate((range(0, ROWS // 2, _GROUP), range(ROWS // 2, ROWS, _GROUP))):
        path = folder / f"part-{number:06d}.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for start in groups:
                writer.write_table(batch(start, _GROUP))
        digest = sha256(path.read_bytes()).hexdigest()
        shards.append(
            {"key": path.name, "sample_count": ROWS // 2, "size_bytes": path.stat().st_size, "sha256": digest}
        )
    manifest = {
        "format": "openbml.snapshot/1",
        "snapshot_id": "1",
        "task": "tabular_prediction",
        "layout": "parquet",
        "labels": [],
        "sample_count": ROWS,
        "shards": shards,
        "columns": {"columns": [{"name": name, "type": "string"} for name in schema.names]},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _steps(folder: Path, memory_bytes: int | None) -> Iterator[tuple[str, str]]:
    read = read_table(folder, folder, _SETTINGS, memory_bytes=memory_bytes)
    yield "read", f"{read.table.num_rows} rows, {read.sampling.reason_en if read.sampling else 'all of them'}"
    target = learned_target(read.table, _SETTINGS)
    keys = split_keys(read.table, _SETTINGS, target.problem, target.values.rows, target.values.y)
    split = holdout(keys, holdout_share(None, len(keys)), seed=1)
    yield "target and split", f"{len(split.training)} train, {len(split.evaluation)} judge"
    fitted = fit_feature_map(read.table, _SETTINGS, rows=target.values.rows[split.training])
    yield "feature map", f"{len(fitted.features)} features"
    x = encode_table(fitted, read.table)
    yield "encoded", f"{x.nbytes / 2**20:.0f} MiB"


def measure(folder: Path, memory_bytes: int | None, kept: Path | None) -> None:
    """Print seconds and the peak of the process after each step."""
    started = time.perf_counter()
    figures = []
    for name, told in _steps(folder, memory_bytes):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        figures.append(
            {"step": name, "seconds": round(time.perf_counter() - started, 1), "peak_gib": round(peak, 2)}
        )
        print(f"{name:18} {figures[-1]['seconds']:6.1f} s  peak {peak:.2f} GiB  {told}")
    if kept is not None:
        load = round(os.getloadavg()[0], 1)
        kept.write_text(
            json.dumps({"rows": ROWS, "columns": COLUMNS, "load": load, "steps": figures}, indent=2) + "\n"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory-gib", type=float, default=None)
    parser.add_argument("--json", type=Path, default=None, help="where the figures are kept")
    asked = parser.parse_args()
    memory = None if asked.memory_gib is None else int(asked.memory_gib * 2**30)
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        for work, arguments in ((write, (Path(place),)), (measure, (Path(place), memory, asked.json))):
            process = context.Process(target=work, args=arguments)
            process.start()
            process.join()


if __name__ == "__main__":
    main()
