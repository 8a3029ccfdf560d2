"""Figures about a version that its own record does not hold."""

from openbml.datasets.datasets import DatasetVersion, VersionState
from openbml.datasets.importing.data_imports import ImportNotFoundError, ImportRepository


class VersionFigures:
    """Looks up what `describeDatasetVersion` tells beyond the version's record."""

    def __init__(self, imports: ImportRepository) -> None:
        self._imports = imports

    def size_bytes(self, version: DatasetVersion) -> int:
        return version.size_bytes

    def columns(self, version: DatasetVersion) -> int:
        return version.column_count

    def import_progress(self, version: DatasetVersion) -> float:
        """Return a fraction; 1 where nothing is on its way and something was imported."""
        if version.active_import_id is None:
            return 0.0 if version.state in (VersionState.EMPTY, VersionState.IMPORT_FAILED) else 1.0
        try:
            running = self._imports.get(version.key, version.active_import_id)
        except ImportNotFoundError:
            return 1.0
        return round(running.entries_done / running.entries_total, 4) if running.entries_total else 0.0
