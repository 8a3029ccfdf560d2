"""How far imports are, as the data API tells it: fractions between 0 and 1."""

from openbml.datasets.datasets import DatasetVersion, VersionState
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportNotFoundError,
    ImportRepository,
    ImportState,
)
from openbml.datasets.jobs.data_jobs import DataJobRepository

_NEARLY = 0.99  # 1 is for what has ended


class VersionFigures:
    """Looks up what a version's own record does not hold."""

    def __init__(self, imports: ImportRepository, jobs: DataJobRepository) -> None:
        self._imports = imports
        self._jobs = jobs

    def import_progress(self, version: DatasetVersion) -> float:
        """Return a fraction; 1 where nothing is on its way and something was imported."""
        if version.active_import_id is None:
            return 0.0 if version.state in (VersionState.EMPTY, VersionState.IMPORT_FAILED) else 1.0
        try:
            return self.progress_of(self._imports.get(version.key, version.active_import_id))
        except ImportNotFoundError:
            return 1.0

    def progress_of(self, data_import: DataImport) -> float:
        """Return a fraction: of the samples, or of the job that reads a table's rows."""
        if data_import.state is ImportState.FINISHED:
            return 1.0
        done, total = data_import.entries_done, data_import.entries_total
        if not total:
            job = self._jobs.find(data_import.import_id)
            done, total = (job.progress_done, job.progress_total) if job else (0, 0)
        return min(_NEARLY, round(done / total, 4)) if total else 0.0
