"""Data jobs in this process, run by an engine of the test's own as the `data` image."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from openbml.compute.events import JobStateChanged
from openbml.compute.gateway import ComputeGateway
from openbml.compute.image_addresses import ImageAddresses
from openbml.compute.jobs import JobRuntimes
from openbml.compute.jobs_dynamodb import DynamoJobRepository
from openbml.compute.names import ComputeNames
from openbml.compute.processing_sagemaker import SageMakerProcessingRuntime
from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.datasets.datasets import VersionKey
from openbml.datasets.jobs.data_jobs import DataJob, StartDataJob
from openbml.datasets.jobs.data_jobs_dynamodb import DynamoDataJobRepository
from openbml.datasets.jobs.exports import ExportHook, ExportOrder, ExportView, export_view, request_export
from openbml.datasets.jobs.start_data_jobs import start_data_job
from openbml.datasets.jobs.track_data_jobs import JobChange, cancel_data_job, track_data_job
from openbml.datasets.objects_s3 import S3ObjectStore
from openbml_formats.data_jobs import DataJobKind
from tests.contract.datasets.conftest import USER, World
from tests.contract.emulator import client, make_table
from tests.fakes.compute_memory import InMemoryHostingRepository, InMemoryHostingRuntime, InMemoryJobRuntime
from tests.fakes.datasets_memory import EventLog, ListQueue

ROLE = "arn:aws:iam::000000000000:role/openbml-data-job"


@dataclass(frozen=True)
class Buckets:
    data_bucket_name: str
    uploads_bucket_name: str


@dataclass
class JobDesk:
    world: World
    sagemaker: Any
    starting: ListQueue = field(default_factory=ListQueue)
    compute_events: EventLog = field(default_factory=EventLog)
    manifests: dict[VersionKey, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.jobs = DynamoDataJobRepository(self.world.table)
        self.hooks = {DataJobKind.EXPORT: ExportHook(self.world.marks, now=utc_now)}
        self.buckets = Buckets(self.world.data._bucket, self.world.archives._bucket)
        bucket = self.buckets.data_bucket_name
        self.downloads = S3ObjectStore(self.world.s3, bucket, client("s3", self.world.url, signed="s3v4"))
        runtime = SageMakerProcessingRuntime(
            self.sagemaker,
            names=ComputeNames(stage="dev"),
            images=ImageAddresses(prefix="localhost/openbml", tag="1"),
            role_arns={"data": ROLE},
        )
        self.compute = ComputeGateway(
            jobs=DynamoJobRepository(make_table(self.world.url, "compute")),
            runtimes=JobRuntimes(training=InMemoryJobRuntime(), processing=runtime),
            hostings=InMemoryHostingRepository(),
            hosting=InMemoryHostingRuntime(),
            events=self.compute_events,
            now=utc_now,
        )

    def asked(self, key: VersionKey, **order: Any) -> DataJob:
        return request_export(
            key,
            ExportOrder.model_validate({"format": "json", **order}),
            user_id=USER,
            data_bucket=self.buckets.data_bucket_name,
            datasets=self.world.datasets,
            jobs=self.jobs,
            manifest_of=lambda key: self.manifests.get(key),
            starting=self.starting,
            new_id=new_id,
            now=utc_now,
        )

    def started(self, job_id: int) -> DataJob | None:
        return start_data_job(
            job_id,
            jobs=self.jobs,
            datasets=self.world.datasets,
            samples=self.world.samples,
            scratch=self.world.archives,
            places=self.buckets,
            runtime=self.compute,
            events=self.world.events,
            executor=self.world.executor,
            now=utc_now,
        )

    def start_all(self) -> None:
        for message in self.starting.taken():
            assert isinstance(message, StartDataJob)
            self.started(message.job_id)

    def tracked(self, change: JobStateChanged) -> DataJob | None:
        return track_data_job(
            JobChange.model_validate(change.model_dump(mode="json")),
            jobs=self.jobs,
            scratch=self.world.archives,
            runtime=self.compute,
            hooks=self.hooks,
            events=self.world.events,
        )

    def cancelled(self, job: DataJob) -> DataJob:
        return cancel_data_job(
            job.version_key,
            job.job_id,
            jobs=self.jobs,
            runtime=self.compute,
            hooks=self.hooks,
            events=self.world.events,
            now=utc_now,
        )

    def current(self, job: DataJob) -> DataJob:
        return self.jobs.get(job.version_key, job.job_id)

    def until(
        self,
        job: DataJob,
        done: Callable[[DataJob], bool] = lambda job: job.state.is_final,
        within_s: float = 90,
    ) -> DataJob:
        """Follow as the events would, until the job is so."""
        deadline = time.monotonic() + within_s
        told = 0
        while not done(current := self.current(job)):
            assert time.monotonic() < deadline, current
            self.compute.follow_job(job.compute_id)
            for event in self.compute_events.events[told:]:
                assert isinstance(event, JobStateChanged)
                self.tracked(event)
            told = len(self.compute_events.events)
            time.sleep(0.1)
        return current

    def view(self, job: DataJob) -> ExportView:
        name = self.world.datasets.get(job.scope, job.dataset_id).name
        return export_view(self.current(job), data=self.downloads, dataset_name=name, now=utc_now)
