"""A table's Parquet parts, fetched to disk and profiled there."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from openbml_data.quality.report import table_report
from openbml_data.quality.tables import profiled, table_findings
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.quality import QualityReport, QualitySettings, TableQuality
from openbml_formats.tables.table_imports import TableManifest

if TYPE_CHECKING:
    from openbml_data.workspace import Workspace


_BLOCK = 8 * 1024 * 1024


def reported_table(order: DataJobOrder, settings: QualitySettings, workspace: "Workspace") -> QualityReport:
    """Return the report of a version's table; one without rows has no columns."""
    parts = _part_keys(settings, workspace)
    if not parts:
        return table_report(order.dataset, TableQuality(rows=0, column_count=0), [])
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{place:06}.parquet" for place in range(len(parts))]
        for place, (key, path) in enumerate(zip(parts, paths, strict=True)):
            _fetch(workspace, key, path)
            workspace.progress.done(place + 1, 2 * len(paths))
        quality = profiled(pl.scan_parquet(paths))
    workspace.progress.done(2 * len(paths), 2 * len(paths))
    return table_report(order.dataset, quality, table_findings(quality))


def _part_keys(settings: QualitySettings, workspace: "Workspace") -> list[str]:
    if settings.table_manifest is None:
        return []
    manifest = TableManifest.model_validate_json(workspace.data_object(settings.table_manifest))
    return [part.key for part in manifest.parts if part.rows]


def _fetch(workspace: "Workspace", key: str, path: Path) -> None:
    with workspace.open_data(key) as source, path.open("wb") as target:
        while block := source.read(_BLOCK):
            target.write(block)
