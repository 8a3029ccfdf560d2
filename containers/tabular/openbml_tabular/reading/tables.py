"""Reads a channel's table within the machine's memory; where it is too large, a sample of its rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from openbml_catalog.tabular.settings import TabularSettings
from openbml_formats.tables.targets import MOST_CLASSES
from openbml_tabular.features.arrow_counts import distinct_values
from openbml_tabular.features.roles import refuse_unknown_columns
from openbml_tabular.reading.memory import MEMORY_PER_DATA, MemoryPlan, available_bytes, memory_plan
from openbml_tabular.reading.row_sampling import chosen_rows
from openbml_tabular.reading.table_files import TableFiles, table_files
from openbml_tabular.sampling import Sampling

_GIB = 1024**3


@dataclass(frozen=True)
class ReadTable:
    """Attributes:
    table: the columns that are needed; texts are dictionaries that all chunks share.
    sampling: None: all rows are there.
    snapshot_id: of the dataset version that was read.
    """

    table: pa.Table
    sampling: Sampling | None
    snapshot_id: str


def read_table(
    folder: Path,
    parts_folder: Path,
    settings: TabularSettings,
    *,
    memory_bytes: int | None = None,
    only: Sequence[str] | None = None,
) -> ReadTable:
    """Return the table of a channel: all columns but those that the settings exclude.

    Args:
        folder: has the snapshot's manifest.
        parts_folder: has the table's parts.
        memory_bytes: what the job may take; None: what is free.
        only: of these columns, those that the table has: what a model needs of an evaluation table.

    Raises:
        PlatformFault: the snapshot is of no table, or a part is missing or damaged.
        UserFault: the table has no rows, or the settings name a column that it does not have.
    """
    files = table_files(folder, parts_folder)
    if only is None:
        refuse_unknown_columns(files.names, settings)
    columns = [name for name in files.names if name not in settings.excluded_columns]
    if only is not None:
        columns = [name for name in columns if name in only]
    allowed = available_bytes() if memory_bytes is None else memory_bytes
    plan = memory_plan(files.rows, files.row_bytes(columns), allowed)
    table = _joined(_chosen_groups(files, columns, plan, settings))
    return ReadTable(table, _sampling(plan, table.num_rows), files.manifest.snapshot_id)


def _joined(groups: Iterator[pa.Table]) -> pa.Table:
    return pa.concat_tables(list(groups)).unify_dictionaries()


def _chosen_groups(
    files: TableFiles, columns: Sequence[str], plan: MemoryPlan, settings: TabularSettings
) -> Iterator[pa.Table]:
    if not plan.is_sample:
        yield from files.groups(columns)
        return
    strata = _strata(files, settings.target) if settings.target in columns else None
    chosen = chosen_rows(strata, plan.rows_total, plan.rows_used, seed=settings.seed)
    start = 0
    for group in files.groups(columns):
        end = start + group.num_rows
        yield group.filter(pa.array(chosen[start:end]))
        start = end


def _strata(files: TableFiles, target: str) -> npt.NDArray[np.int32] | None:
    """Return each row's value of the target as a number; None where these are no classes, or too many."""
    if pa.types.is_floating(files.type_of(target)):
        return None
    distinct = distinct_values(_joined(files.groups([target])).column(target))
    return distinct.codes if len(distinct.values) <= MOST_CLASSES else None


def _sampling(plan: MemoryPlan, used: int) -> Sampling | None:
    if not plan.is_sample:
        return None
    needed = plan.rows_total * plan.row_bytes * MEMORY_PER_DATA / _GIB
    have = plan.memory_bytes / _GIB
    return Sampling(
        plan.rows_total,
        used,
        f"{used} of {plan.rows_total} rows were used, drawn at random with the shares of the classes: "
        f"the table needs {needed:.1f} GiB of memory, ten times its size, and {have:.1f} GiB are free. Take "
        "a machine with more memory to use all rows.",
        f"共{plan.rows_total}行，按类别比例随机抽取了{used}行：该表需要{needed:.1f} GiB内存（数据的10倍），"
        f"可用内存为{have:.1f} GiB。如需使用全部数据，请选择内存更大的机器。",
    )
