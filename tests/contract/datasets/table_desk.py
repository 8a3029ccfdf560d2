"""Jobs of tables in this process: the data image's own work on the buckets of a world."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport
from openbml.datasets.jobs.data_jobs import DataJob, StartDataJob
from openbml.datasets.tables.browse_tables import table_of, table_rows_page
from openbml.datasets.tables.import_tables import TableImportHook
from openbml_catalog.datasets import dataset_kinds
from openbml_data.import_tables import run
from openbml_data.job_progress import JobProgress
from openbml_data.workspace import Workspace
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.protocols import ExportInfo
from openbml_formats.tables.table_imports import TableResult
from tests.contract.datasets.conftest import World


class Quiet:
    def stage(self, stage: str) -> None: ...

    def note(self, level: str, message: str) -> None: ...

    def work(self, done: int, total: int) -> None: ...


class TableDesk:
    def __init__(self, world: World) -> None:
        self.world = world
        self.hook = TableImportHook(world.importer)

    def dataset(self, name: str = "orders", kind: str = "table") -> VersionKey:
        return self.world.dataset(name, kind)

    def planned(self, key: VersionKey, body: bytes, name: str = "t.csv", **settings: Any) -> DataImport:
        """Upload and plan; the job has been asked for and has not run."""
        code = "parquet" if name.endswith(".parquet") else "csv"
        data_import = self.world.uploaded(key, body, names=[name], format_code=code, settings=settings)
        self.world.planned(data_import)
        return self.world.current(data_import)

    def jobs(self) -> Sequence[DataJob]:
        """Return the jobs that have been asked for since."""
        asked = [
            message.job_id for message in self.world.starting.taken() if isinstance(message, StartDataJob)
        ]
        found = [self.world.jobs.find(job_id) for job_id in asked]
        return [job for job in found if job is not None]

    def worked(self, job: DataJob) -> TableResult:
        """Do what the container does."""
        assert job.kind is DataJobKind.IMPORT_TABLE
        order = DataJobOrder(
            job_id=str(job.job_id),
            kind=job.kind,
            data_bucket=self.world.data._bucket,
            uploads_bucket=self.world.archives._bucket,
            project_prefix=job.scope.prefix,
            dataset=ExportInfo(dataset_name="t", version_number=1, kind=dataset_kinds()["table"], labels=[]),
            uploads=job.uploads,
            result_key="unused",
            settings=job.settings,
        )
        progress: Any = Quiet()
        with ThreadPoolExecutor(4) as pool:
            return run(order, Workspace(order, self.world.s3, pool, JobProgress(progress)))

    def taken(self, job: DataJob, result: TableResult) -> None:
        self.hook.completed(job, result.model_dump(mode="json"))

    def imported(self, key: VersionKey, body: bytes, name: str = "t.csv", **settings: Any) -> DataImport:
        """Upload, plan, work, commit; the import as it ended."""
        data_import = self.planned(key, body, name, **settings)
        return self.ended(data_import)

    def ended(self, data_import: DataImport) -> DataImport:
        for job in self.jobs():
            self.taken(job, self.worked(job))
        return self.world.current(data_import)

    def rows(self, key: VersionKey, offset: int = 0, limit: int = 1000) -> list[list[Any]]:
        _, manifest = table_of(key, tables=self.world.tables, data=self.world.data)
        page = table_rows_page(manifest, offset=offset, limit=limit, data=self.world.data)
        return [list(row) for row in page.rows]
