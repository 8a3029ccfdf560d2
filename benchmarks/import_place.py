"""Imports as benchmarks run them: the use cases one after the other, as one worker does."""

import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import boto3
from botocore.config import Config

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.datasets.annotating.edits_dynamodb import DynamoAnnotationStore
from openbml.datasets.datasets import VersionKey
from openbml.datasets.datasets_dynamodb import DynamoDatasetRepository
from openbml.datasets.importing.complete_imports import GivenPart, complete_import
from openbml.datasets.importing.data_imports import DataImport, ImportState
from openbml.datasets.importing.heavy_plans import JobPlanner
from openbml.datasets.importing.import_shards import import_shard
from openbml.datasets.importing.imports_dynamodb import DynamoImportRepository
from openbml.datasets.importing.plan_imports import Planner, plan_import
from openbml.datasets.importing.reports_dynamodb import DynamoReportRepository
from openbml.datasets.importing.shard_workers import ShardWorker
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.importing.start_imports import GivenFile, start_import
from openbml.datasets.jobs.data_jobs_dynamodb import DynamoDataJobRepository
from openbml.datasets.manage_datasets import create_dataset
from openbml.datasets.objects_s3 import S3ObjectStore, S3UploadStore
from openbml.datasets.quotas import Quotas
from openbml.datasets.samples_dynamodb import DynamoSampleRepository
from openbml.datasets.settings import QuotaSettings
from openbml.datasets.stored_objects import ObjectStore
from openbml_catalog.datasets import dataset_kinds
from tests.contract.datasets.bulk_writing import bulk_writer
from tests.contract.emulator import client, make_table
from tests.fakes.datasets_memory import EventLog, ListQueue

THREADS = 16
JUDGES = 2
POOL = Config(max_pool_connections=THREADS + 2)
UNLIMITED = QuotaSettings(
    images_per_account=10**7,
    images_per_user=10**7,
    images_per_dataset=10**7,
    texts_per_user=10**7,
    texts_per_dataset=10**7,
)


class Upload(NamedTuple):
    """What is imported: a format's file of a name into a dataset of a kind."""

    kind: str
    format_code: str
    name: str
    body: bytes


class Place:
    """Buckets and a table of one round."""

    def __init__(self, url: str) -> None:
        self.url = url
        access = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.s3 = boto3.client("s3", endpoint_url=url, config=POOL, **access)
        name = make_table(url, "bench").name
        self.table = boto3.resource("dynamodb", endpoint_url=url, config=POOL, **access).Table(name)
        self.bucket = f"bench-{uuid.uuid4().hex[:10]}"
        client("s3", url).create_bucket(Bucket=self.bucket)


def peak_mib() -> float:
    """Return this program's peak memory; `getrusage` would count the program that started it as well."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


class NoTables:
    def plan(self, data_import: DataImport) -> DataImport:
        raise AssertionError("no table is imported here")


class Importer:
    """A project with its collaborators; `archives` may be another store than the place's bucket."""

    def __init__(self, place: Place, archives: ObjectStore | None = None) -> None:
        self.place = place
        self.scope = ProjectScope(account_id=1, region="us-east-1", project_id=new_id())
        self.store = S3ObjectStore(place.s3, place.bucket, place.s3)
        self.archives: ObjectStore = archives or self.store
        self.uploads = S3UploadStore(place.s3, place.bucket, place.s3)
        self.datasets = DynamoDatasetRepository(place.table)
        quotas = Quotas(UNLIMITED)
        self.imports = DynamoImportRepository(place.table, now=utc_now, quotas=quotas)
        self.queue, self.events = ListQueue(), EventLog()
        samples = DynamoSampleRepository(
            place.table, self.store, bulk=bulk_writer(place.url, place.table.name, POOL)
        )
        reports = DynamoReportRepository(place.table, self.store)
        self.planner = Planner(
            datasets=self.datasets,
            imports=self.imports,
            samples=samples,
            reports=reports,
            archives=self.archives,
            data=self.store,
            shards=self.queue,
            heavy=JobPlanner(DynamoDataJobRepository(place.table), ListQueue(), new_id, utc_now),
            tables=NoTables(),
            events=self.events,
            now=utc_now,
            quotas=quotas,
        )
        self._samples, self._reports = samples, reports

    def dataset(self, kind: str) -> VersionKey:
        chosen = dataset_kinds()[kind]
        _, version = create_dataset(
            self.scope,
            name=uuid.uuid4().hex,
            data_type=chosen.data_type,
            annotation_type=chosen.annotation_type,
            template=chosen.template,
            user_id=1,
            datasets=self.datasets,
            new_id=new_id,
            now=utc_now,
        )
        return version.key

    def started(self, kind: str, format_code: str, files: Sequence[GivenFile]) -> DataImport:
        return start_import(
            self.dataset(kind),
            format_code=format_code,
            files=files,
            user_id=1,
            datasets=self.datasets,
            imports=self.imports,
            uploads=self.uploads,
            new_id=new_id,
            now=utc_now,
        )

    def uploaded(self, upload: Upload) -> DataImport:
        data_import = self.started(
            upload.kind, upload.format_code, [GivenFile(name=upload.name, size_bytes=len(upload.body))]
        )
        (file,) = data_import.files
        for number in range(1, file.part_count + 1):
            start = (number - 1) * file.part_size_bytes
            self.place.s3.upload_part(
                Bucket=self.place.bucket,
                Key=data_import.file_key(0),
                UploadId=file.upload_id,
                PartNumber=number,
                Body=upload.body[start : start + file.part_size_bytes],
            )
        parts = self.uploads.parts(data_import.file_key(0), file.upload_id)
        return complete_import(
            data_import,
            {0: [GivenPart(part_number=part.part_number, etag=part.etag) for part in parts]},
            imports=self.imports,
            uploads=self.uploads,
            archives=self.archives,
            events=self.events,
        )

    @contextmanager
    def worker(self) -> Iterator[ShardWorker]:
        with ThreadPoolExecutor(THREADS) as executor, ThreadPoolExecutor(JUDGES) as judges:
            yield ShardWorker(
                datasets=self.datasets,
                imports=self.imports,
                samples=self._samples,
                reports=self._reports,
                archives=self.archives,
                data=self.store,
                annotations=DynamoAnnotationStore(self.place.table, self.store, now=utc_now),
                events=self.events,
                executor=executor,
                judges=judges,
                now=utc_now,
            )

    def carried_out(self, data_import: DataImport) -> tuple[float, DataImport]:
        """Plan and import all shards; return the seconds and the import as it ended."""
        with self.worker() as worker:
            started = time.monotonic()
            plan_import(self.scope.project_id, data_import.import_id, self.planner)
            for message in self.queue.taken():
                assert isinstance(message, ShardMessage)
                import_shard(message, worker)
            seconds = time.monotonic() - started
        ended = self.imports.get(data_import.version_key, data_import.import_id)
        assert ended.state is ImportState.FINISHED, ended
        return seconds, ended


def import_seconds(place: Place, upload: Upload, expected: int) -> float:
    """Return what planning and all shards take, one after the other."""
    importer = Importer(place)
    seconds, ended = importer.carried_out(importer.uploaded(upload))
    assert ended.accepted == expected, ended
    return seconds
