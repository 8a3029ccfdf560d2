"""The datasets context in this process, against the S3 and DynamoDB of a MiniStack."""

import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import JsonValue

from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.edits_dynamodb import DynamoAnnotationStore
from openbml.datasets.annotating.history_dynamodb import DynamoHistoryRepository
from openbml.datasets.annotating.labels_dynamodb import DynamoLabelRepository
from openbml.datasets.annotating.leases_dynamodb import DynamoLeaseRepository
from openbml.datasets.annotating.operations_dynamodb import DynamoOperationRepository
from openbml.datasets.annotating.sample_index_dynamodb import DynamoSampleIndex
from openbml.datasets.datasets import VersionKey
from openbml.datasets.datasets_dynamodb import DynamoDatasetRepository
from openbml.datasets.delete_datasets import DeletionMessage, VersionRemover, carry_out_deletion
from openbml.datasets.garbage.marks_dynamodb import DynamoMarkRepository
from openbml.datasets.importing.complete_imports import GivenPart, complete_import, part_urls
from openbml.datasets.importing.data_imports import DataImport
from openbml.datasets.importing.end_imports import cancel_import
from openbml.datasets.importing.heavy_plans import JobPlanner
from openbml.datasets.importing.import_shards import import_shard
from openbml.datasets.importing.imports_dynamodb import DynamoImportRepository
from openbml.datasets.importing.inputs import SourceVersion
from openbml.datasets.importing.plan_imports import Planner, plan_import
from openbml.datasets.importing.reports_dynamodb import DynamoReportRepository
from openbml.datasets.importing.shard_workers import ShardWorker
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.importing.start_imports import GivenFile, import_from_version, start_import
from openbml.datasets.jobs.data_jobs_dynamodb import DynamoDataJobRepository
from openbml.datasets.manage_datasets import create_dataset
from openbml.datasets.objects_s3 import S3ObjectStore, S3UploadStore
from openbml.datasets.pack_snapshots import pack_shard
from openbml.datasets.quotas import Quotas
from openbml.datasets.request_snapshots import request_snapshot
from openbml.datasets.samples import Facet, Sample
from openbml.datasets.samples_dynamodb import DynamoSampleRepository
from openbml.datasets.settings import QuotaSettings
from openbml.datasets.snapshots import PackMessage, Selection, Snapshot
from openbml.datasets.snapshots_dynamodb import DynamoSnapshotRepository
from openbml.datasets.tables.import_tables import TableImporter
from openbml.datasets.tables.table_versions_dynamodb import DynamoTableRepository
from openbml_catalog.datasets import dataset_kinds
from openbml_formats.records import Problem, Severity
from tests.contract.datasets.bulk_writing import bulk_writer
from tests.contract.emulator import client, emulator, make_table
from tests.fakes.compute_memory import Ticking
from tests.fakes.datasets_memory import EventLog, ListQueue
from tests.fakes.tables_memory import MemoryCatalogue

USER = 7


@pytest.fixture(scope="session")
def emulator_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with emulator(tmp_path_factory.mktemp("emulator")) as url:
        yield url


@dataclass
class World:
    """One project in buckets and a table of its own."""

    url: str
    scope: ProjectScope
    table: Any
    s3: Any
    archives: S3ObjectStore
    data: S3ObjectStore
    uploads: S3UploadStore
    clock: Ticking = field(default_factory=Ticking)
    shards: ListQueue = field(default_factory=ListQueue)
    starting: ListQueue = field(default_factory=ListQueue)
    packing: ListQueue = field(default_factory=ListQueue)
    deletions: ListQueue = field(default_factory=ListQueue)
    bulk: ListQueue = field(default_factory=ListQueue)
    events: EventLog = field(default_factory=EventLog)
    executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))
    judges: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def __post_init__(self) -> None:
        self.datasets = DynamoDatasetRepository(self.table)
        self.quotas = Quotas()
        self.imports = DynamoImportRepository(self.table, now=self.clock, quotas=self.quotas)
        self.reports = DynamoReportRepository(self.table, self.data)
        self.samples = DynamoSampleRepository(
            self.table, self.data, bulk=bulk_writer(self.url, self.table.name), now=self.clock
        )
        self.tables = DynamoTableRepository(self.table)
        self.catalogue = MemoryCatalogue()
        self.annotations = DynamoAnnotationStore(self.table, self.data, now=self.clock)
        self.history = DynamoHistoryRepository(self.table, self.data)
        self.index = DynamoSampleIndex(self.table, self.data)
        self.leases = DynamoLeaseRepository(self.table)
        self.labels = DynamoLabelRepository(self.table)
        self.operations = DynamoOperationRepository(self.table)
        self.snapshots = DynamoSnapshotRepository(self.table)
        self.jobs = DynamoDataJobRepository(self.table)
        self.marks = DynamoMarkRepository(self.table)

    def dataset(self, name: str = "digits", kind: str = "image_classification", **options: Any) -> VersionKey:
        chosen = dataset_kinds()[kind]
        _dataset, version = create_dataset(
            self.scope,
            name=name,
            data_type=chosen.data_type,
            annotation_type=chosen.annotation_type,
            template=chosen.template,
            user_id=USER,
            datasets=self.datasets,
            new_id=new_id,
            now=self.clock,
            **options,
        )
        return version.key

    def started(
        self,
        key: VersionKey,
        *bodies: bytes,
        names: Sequence[str] = (),
        format_code: str = "json",
        settings: Mapping[str, JsonValue] | None = None,
    ) -> DataImport:
        files = [
            GivenFile(name=name, size_bytes=len(body))
            for name, body in zip(names or ["images.zip"], bodies, strict=True)
        ]
        return self.announced(key, files, format_code, settings)

    def announced(
        self,
        key: VersionKey,
        files: Sequence[GivenFile],
        format_code: str,
        settings: Mapping[str, JsonValue] | None = None,
    ) -> DataImport:
        return start_import(
            key,
            format_code=format_code,
            files=files,
            settings=settings,
            user_id=USER,
            datasets=self.datasets,
            imports=self.imports,
            uploads=self.uploads,
            new_id=new_id,
            now=self.clock,
        )

    def sent(
        self, data_import: DataImport, body: bytes, numbers: Sequence[int] | None = None, file: int = 0
    ) -> list[GivenPart]:
        """Upload parts as a client does: with nothing but the presigned addresses."""
        announced = data_import.files[file]
        chosen = list(numbers or range(1, announced.part_count + 1))
        given = []
        for number, url in part_urls(data_import, chosen, file=file, uploads=self.uploads).items():
            start = (number - 1) * announced.part_size_bytes
            part = body[start : start + announced.part_size_bytes]
            request = urllib.request.Request(url, data=part, method="PUT")
            with urllib.request.urlopen(request) as reply:
                given.append(GivenPart(part_number=number, etag=reply.headers["ETag"]))
        return given

    def completed(self, data_import: DataImport, *parts: Sequence[GivenPart], **replaced: Any) -> DataImport:
        collaborators: dict[str, Any] = {
            "imports": self.imports,
            "uploads": self.uploads,
            "archives": self.archives,
            "events": self.events,
        }
        return complete_import(
            self.imports.get(data_import.version_key, data_import.import_id),
            dict(enumerate(parts)),
            **{**collaborators, **replaced},
        )

    def limited(self, **limits: int) -> None:
        """Set other quotas than the manual's."""
        self.quotas = Quotas(QuotaSettings(**limits))
        self.imports = DynamoImportRepository(self.table, now=self.clock, quotas=self.quotas)

    @property
    def planner(self) -> Planner:
        return Planner(
            datasets=self.datasets,
            imports=self.imports,
            samples=self.samples,
            reports=self.reports,
            archives=self.archives,
            data=self.data,
            shards=self.shards,
            heavy=JobPlanner(
                jobs=self.jobs,
                starting=self.starting,
                new_id=new_id,
                now=self.clock,
            ),
            tables=self.importer,
            events=self.events,
            now=self.clock,
            quotas=self.quotas,
        )

    @property
    def importer(self) -> TableImporter:
        return TableImporter(
            datasets=self.datasets,
            imports=self.imports,
            tables=self.tables,
            reports=self.reports,
            data=self.data,
            marks=self.marks,
            catalogue=self.catalogue,
            jobs=self.jobs,
            starting=self.starting,
            events=self.events,
            new_id=new_id,
            now=self.clock,
        )

    @property
    def shard_worker(self) -> ShardWorker:
        return ShardWorker(
            datasets=self.datasets,
            imports=self.imports,
            samples=self.samples,
            reports=self.reports,
            archives=self.archives,
            data=self.data,
            annotations=self.annotations,
            events=self.events,
            executor=self.executor,
            judges=self.judges,
            now=self.clock,
        )

    def planned(self, data_import: DataImport, **replaced: Any) -> DataImport | None:
        return plan_import(self.scope.project_id, data_import.import_id, self.planner._replace(**replaced))

    def uploaded(self, key: VersionKey, *bodies: bytes, **options: Any) -> DataImport:
        data_import = self.started(key, *bodies, **options)
        parts = [self.sent(data_import, body, file=index) for index, body in enumerate(bodies)]
        return self.completed(data_import, *parts)

    def worked(self, message: ShardMessage, **replaced: Any) -> DataImport | None:
        return import_shard(message, self.shard_worker._replace(**replaced))

    def imported(self, key: VersionKey, *bodies: bytes, **options: Any) -> DataImport:
        """Upload, plan, import; the import as it ended."""
        return self.ended(self.uploaded(key, *bodies, **options))

    def copied(self, key: VersionKey, source: SourceVersion) -> DataImport:
        """Import from another version; the import as it ended."""
        return self.ended(self.copying(key, source))

    def copying(self, key: VersionKey, source: SourceVersion) -> DataImport:
        return import_from_version(
            key,
            source,
            user_id=USER,
            datasets=self.datasets,
            imports=self.imports,
            archives=self.archives,
            events=self.events,
            new_id=new_id,
            now=self.clock,
        )

    def ended(self, data_import: DataImport) -> DataImport:
        self.planned(data_import)
        for message in self.shards.taken():
            assert isinstance(message, ShardMessage)
            self.worked(message)
        return self.current(data_import)

    def current(self, data_import: DataImport) -> DataImport:
        return self.imports.get(data_import.version_key, data_import.import_id)

    def problems(
        self, data_import: DataImport, limit: int = 100, severity: Severity | None = None
    ) -> list[Problem]:
        found: list[Problem] = []
        position = None
        while True:
            page, position = self.reports.page(data_import, severity=severity, limit=limit, position=position)
            found += page
            if position is None:
                return found

    def all_samples(self, key: VersionKey) -> list[Sample]:
        found: list[Sample] = []
        position = None
        while True:
            page, position = self.samples.page(key, Facet.everything(), limit=100, position=position)
            found += page
            if position is None:
                return found

    def cancelled(self, data_import: DataImport) -> DataImport:
        return cancel_import(
            self.current(data_import),
            imports=self.imports,
            uploads=self.uploads,
            events=self.events,
            now=self.clock,
        )

    def requested(self, *selections: Selection) -> Snapshot:
        return request_snapshot(
            self.scope,
            selections,
            "image_classification",
            "run-1",
            datasets=self.datasets,
            samples=self.samples,
            snapshots=self.snapshots,
            scratch=self.archives,
            data=self.data,
            table_of=lambda key: None,
            packing=self.packing,
            executor=self.executor,
            now=self.clock,
        )

    def packed(self, message: PackMessage) -> Snapshot | None:
        return pack_shard(
            message,
            snapshots=self.snapshots,
            scratch=self.archives,
            data=self.data,
            events=self.events,
            executor=self.executor,
        )

    def remover(self, **replaced: Any) -> VersionRemover:
        parts: dict[str, Any] = {
            "imports": self.imports,
            "samples": self.samples,
            "reports": self.reports,
            "jobs": self.jobs,
            "marks": self.marks,
            "uploads": self.uploads,
            "archives": self.archives,
            "data": self.data,
            "events": self.events,
            "now": self.clock,
        }
        return VersionRemover(**{**parts, **replaced})

    def deletions_carried_out(self) -> None:
        """Work off the queue of deletions."""
        while messages := self.deletions.taken():
            for message in messages:
                assert isinstance(message, DeletionMessage)
                carry_out_deletion(
                    message,
                    datasets=self.datasets,
                    deletions=self.deletions,
                    remover=self.remover(),
                    has_time=lambda: True,
                )

    def keys(self, store: str, prefix: str = "") -> list[str]:
        bucket = self.archives._bucket if store == "archives" else self.data._bucket
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


@pytest.fixture
def world(emulator_url: str) -> Iterator[World]:
    mark = uuid.uuid4().hex[:10]
    s3 = client("s3", emulator_url)
    for name in ("uploads", "data"):
        s3.create_bucket(Bucket=f"{name}-{mark}")
    scope = ProjectScope(account_id=1, region="us-east-1", project_id=new_id())
    built = World(
        url=emulator_url,
        scope=scope,
        table=make_table(emulator_url, "datasets"),
        s3=s3,
        archives=S3ObjectStore(s3, f"uploads-{mark}", s3),
        data=S3ObjectStore(s3, f"data-{mark}", s3),
        uploads=S3UploadStore(s3, f"uploads-{mark}", s3),
    )
    yield built
    built.executor.shutdown()


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The data API as its function answers it."""
    from tests.contract.datasets.data_api_desk import opened  # it needs this module's World

    yield from opened(world, monkeypatch)
