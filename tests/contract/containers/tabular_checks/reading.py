"""Tables read from a job's channels."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openbml_catalog.tabular.settings import TabularSettings
from openbml_kit.faults import PlatformFault
from openbml_tabular.features.arrow_counts import column_type
from openbml_tabular.reading.memory import available_bytes, memory_plan
from openbml_tabular.reading.row_sampling import chosen_rows
from openbml_tabular.reading.table_files import table_files
from openbml_tabular.reading.tables import read_table
from tests.contract.containers.tabular_checks.raw_tables import mixed_table
from tests.contract.containers.tabular_checks.refusals import refused

SETTINGS = TabularSettings(target="churn", excluded_columns=("value", "twin"))
PREFIX = "projects/7/tables/41"


@contextmanager
def channel(table: pa.Table, *, part_rows: int = 150, group_rows: int = 60) -> Iterator[tuple[Path, Path]]:
    """Yield a snapshot's folder and that of its parts, which lie below a tail of their keys."""
    with tempfile.TemporaryDirectory() as place:
        folder, parts = Path(place) / "train", Path(place) / "train_parts"
        shards = [
            _part(table.slice(start, part_rows), parts, number, group_rows)
            for number, start in enumerate(range(0, max(table.num_rows, 1), part_rows))
        ]
        columns = [
            {
                "name": field.name,
                "type": str(column_type(field.type)),
                "ordinal": place,
                "raw_name": field.name,
            }
            for place, field in enumerate(table.schema)
        ]
        manifest = {
            "format": "openbml.snapshot/1",
            "snapshot_id": "s-1",
            "task": "tabular_prediction",
            "layout": "parquet",
            "labels": [],
            "sample_count": table.num_rows,
            "shards": shards,
            "dataset_versions": [],
            "columns": {"columns": columns},
        }
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps(manifest))
        yield folder, parts


def _part(table: pa.Table, folder: Path, number: int, group_rows: int) -> dict[str, object]:
    path = folder / "41" / f"part-{number:06d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=group_rows)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    key = f"{PREFIX}/{path.name}"
    return {"key": key, "sample_count": table.num_rows, "size_bytes": path.stat().st_size, "sha256": digest}


def platforms_fault(folder: Path, parts: Path) -> str:
    try:
        read_table(folder, parts, SETTINGS)
    except PlatformFault as fault:
        return str(fault)
    return "not refused"


def check_all_parts_are_read_in_their_order_without_excluded_columns() -> None:
    table = mixed_table()
    with channel(table) as (folder, parts):
        read = read_table(folder, parts, SETTINGS, memory_bytes=1 << 34)
    assert read.sampling is None
    assert read.snapshot_id == "s-1"
    assert read.table.to_pylist() == table.drop_columns(["value", "twin"]).to_pylist()


def check_only_what_a_model_needs_is_read_of_an_evaluation_table() -> None:
    with channel(mixed_table()) as (folder, parts):
        read = read_table(folder, parts, SETTINGS, only=("city", "churn", "unknown"))
    assert read.table.column_names == ["city", "churn"]


def check_a_table_that_is_too_large_is_sampled_with_the_shares_of_its_classes() -> None:
    table = mixed_table(20_000)
    with channel(table, part_rows=6000, group_rows=2500) as (folder, parts):
        names = table.drop_columns(["value", "twin"]).column_names
        memory = int(table_files(folder, parts).row_bytes(names) * 20_000 * 10 * 0.3)
        read = read_table(folder, parts, SETTINGS, memory_bytes=memory)
        again = read_table(folder, parts, SETTINGS, memory_bytes=memory)
    assert read.sampling is not None
    assert read.sampling.rows_total == 20_000
    assert abs(read.sampling.rows_used - 6000) <= 1
    assert read.table.num_rows == read.sampling.rows_used
    assert f"{read.table.num_rows} of 20000" in read.sampling.reason_en
    shares = [np.mean([label == "yes" for label in one["churn"].to_pylist()]) for one in (table, read.table)]
    assert abs(shares[0] - shares[1]) < 0.001
    assert read.table.equals(again.table)
    times = read.table["at"].to_pylist()
    assert times == sorted(times)  # rows keep their order


def check_a_sample_of_a_regression_is_drawn_from_all_rows_alike() -> None:
    numbers = TabularSettings(target="value", excluded_columns=("churn",))
    with channel(mixed_table(6000), part_rows=2000, group_rows=500) as (folder, parts):
        read = read_table(folder, parts, numbers, memory_bytes=3_000_000)
    assert read.sampling is not None
    assert read.table.num_rows == read.sampling.rows_used < 6000


def check_a_sample_keeps_rare_classes() -> None:
    strata = np.repeat([0, 1, 2], [9000, 970, 30]).astype(np.int32)
    chosen = chosen_rows(strata, 10_000, 1000, seed=1)
    assert [int(chosen[strata == label].sum()) for label in range(3)] == [900, 97, 30]
    assert chosen_rows(None, 10_000, 1000, seed=1).sum() == 1000


def check_damaged_missing_and_empty_parts_are_told() -> None:
    with channel(mixed_table()) as (folder, parts):
        path = next(parts.rglob("part-000001.parquet"))
        body = bytearray(path.read_bytes())
        body[100] ^= 1
        path.write_bytes(bytes(body))
        assert "part-000001.parquet is damaged" in platforms_fault(folder, parts)
        path.unlink()
        assert "part-000001.parquet is missing" in platforms_fault(folder, parts)
    with channel(mixed_table(0)) as (folder, parts):
        refused(lambda: read_table(folder, parts, SETTINGS), "no rows")


def check_settings_that_name_other_columns_are_refused_before_reading() -> None:
    with channel(mixed_table()) as (folder, parts):
        wrong = TabularSettings(target="churn", excluded_columns=("nothing",))
        refused(lambda: read_table(folder, parts, wrong), "excluded_columns", "'nothing'")


def check_memory_is_planned_at_ten_times_the_data() -> None:
    plan = memory_plan(1_000_000, 400, 1 << 30)
    assert plan.rows_used == (1 << 30) // 4000
    assert memory_plan(1_000_000, 400, 1 << 33).rows_used == 1_000_000
    assert memory_plan(500, 1e9, 1 << 20).rows_used == 500


def check_a_control_groups_limit_counts_less_what_is_used() -> None:
    texts = {
        "/sys/fs/cgroup/memory.max": "8000\n",
        "/sys/fs/cgroup/memory.current": "3000\n",
        "/sys/fs/cgroup/memory.stat": "anon 5\ninactive_file 500\n",
        "/proc/meminfo": "MemTotal: 90 kB\nMemAvailable: 70 kB\n",
    }
    assert available_bytes(lambda path: texts.get(str(path))) == 5500
    texts["/sys/fs/cgroup/memory.max"] = "max\n"
    assert available_bytes(lambda path: texts.get(str(path))) == 70 * 1024
