"""Use cases: ask for a data job, write its order, hand it to compute."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from typing import Protocol

from pydantic import JsonValue

from openbml.compute.jobs import Job, JobConflictError, JobNotFoundError, ProcessingJobRequest
from openbml.compute.owners import Owner
from openbml.core.clock import Clock
from openbml.core.events import EventPublisher
from openbml.core.ids import IdFactory
from openbml.core.observability import logger
from openbml.core.queues import MessageQueue
from openbml.datasets.datasets import (
    Dataset,
    DatasetNotFoundError,
    DatasetRepository,
    LabelCount,
    VersionKey,
)
from openbml.datasets.events import DataJobStateChanged
from openbml.datasets.jobs.data_jobs import (
    OWNER_CONTEXT,
    DataJob,
    DataJobConflictError,
    DataJobRepository,
    DataJobState,
    SampleSelection,
    StartDataJob,
    listing_key,
    order_prefix,
    result_key,
    shards_prefix,
)
from openbml.datasets.listed_samples import listed
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.listings import ListedSample, packed_listing
from openbml_formats.protocols import ExportInfo

_IMAGE = "data"
_MACHINE = "CPU_4C_16G"
_MOST_S = 12 * 3600
# Sixteen threads with an arena each would hold twice the memory for nothing.
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}
_LABELS = 100  # of a page
_CHUNKS_AHEAD = 8  # read at once
_LEFT_BEHIND = timedelta(minutes=2)  # younger ones are on their way


class DataJobRuntime(Protocol):
    """Port to compute (contracts, section 7)."""

    def submit_processing(self, request: ProcessingJobRequest) -> Job: ...

    def stop_processing(self, job_id: str) -> Job: ...

    def announce_end(self, job_id: str) -> Job:
        """Tell a job's end once more, if it has ended."""


class Places(Protocol):
    """The names of the buckets, as jobs need them."""

    @property
    def data_bucket_name(self) -> str: ...

    @property
    def uploads_bucket_name(self) -> str: ...


def request_data_job(
    key: VersionKey,
    kind: DataJobKind,
    *,
    selection: SampleSelection | None,
    settings: Mapping[str, JsonValue],
    user_id: int,
    jobs: DataJobRepository,
    starting: MessageQueue,
    new_id: IdFactory,
    now: Clock,
    job_id: int | None = None,
    uploads: Sequence[tuple[str, str]] = (),
) -> DataJob:
    """Record a job and ask for its start; with a `job_id` of the caller's, asking again is the same job."""
    at = now()
    job = DataJob(
        scope=key.scope,
        dataset_id=key.dataset_id,
        version_number=key.version_number,
        job_id=job_id or new_id(),
        kind=kind,
        selection=selection,
        uploads=tuple(uploads),
        settings=settings,
        created_by=user_id,
        created_at=at,
        changed_at=at,
    )
    if not jobs.add(job):
        job = jobs.get(key, job.job_id)
    if job.state is DataJobState.PREPARING:
        starting.send([StartDataJob(job_id=job.job_id)])
    return job


def start_data_job(
    job_id: int,
    *,
    jobs: DataJobRepository,
    datasets: DatasetRepository,
    samples: SampleRepository,
    scratch: ObjectStore,
    places: Places,
    runtime: DataJobRuntime,
    events: EventPublisher,
    executor: Executor,
    now: Clock,
) -> DataJob | None:
    """Write the job's listings and order, then hand it to compute; repeating it is harmless.

    A repeat writes the same keys again, and compute knows the job by its id.
    """
    job = jobs.find(job_id)
    if job is None or job.state is not DataJobState.PREPARING:
        return job
    try:
        dataset = datasets.get(job.scope, job.dataset_id)
    except DatasetNotFoundError:
        return None  # deleted meanwhile, and the job with it
    listings = _Listings(job, samples, scratch, executor)
    keys = listings.write() if job.selection else []
    order = _order(job, dataset, _labels(job.version_key, datasets), keys, places).model_copy(
        update={"sample_count": listings.sample_count}
    )
    body = order.model_dump_json().encode()
    key = f"{order_prefix(job.scope, job.job_id)}order.json"
    scratch.put(key, body, content_type="application/json")
    return _handed_over(
        job, listings.sample_count, places, jobs=jobs, runtime=runtime, events=events, now=now
    )


def resume_data_jobs(
    *, jobs: DataJobRepository, starting: MessageQueue, runtime: DataJobRuntime, now: Clock
) -> int:
    """Push on jobs that a lost message or a killed function left behind; return how many."""
    left = [job for job in jobs.open_jobs() if now() - job.changed_at >= _LEFT_BEHIND]
    for job in left:
        try:
            _push_on(job, starting, runtime)
        except (JobNotFoundError, JobConflictError):
            logger.warning("data job could not be pushed on", job_id=job.job_id, state=job.state)
    return len(left)


def _push_on(job: DataJob, starting: MessageQueue, runtime: DataJobRuntime) -> None:
    if job.state is DataJobState.PREPARING:
        starting.send([StartDataJob(job_id=job.job_id)])
        return
    if job.state is DataJobState.STOPPING:
        runtime.stop_processing(job.compute_id)
    runtime.announce_end(job.compute_id)


def _handed_over(
    job: DataJob,
    sample_count: int,
    places: Places,
    *,
    jobs: DataJobRepository,
    runtime: DataJobRuntime,
    events: EventPublisher,
    now: Clock,
) -> DataJob:
    runtime.submit_processing(_request(job, places))
    queued = job.ordered(sample_count, now())
    events.publish([DataJobStateChanged.of(queued)])
    try:
        jobs.save(queued)
    except DataJobConflictError:
        current = jobs.get(job.version_key, job.job_id)
        if current.state is DataJobState.CANCELLED:  # cancelled between our reading and the submission
            runtime.stop_processing(job.compute_id)
        return current
    logger.info("data job submitted", job_id=job.job_id, kind=job.kind, samples=sample_count)
    return queued


def _request(job: DataJob, places: Places) -> ProcessingJobRequest:
    return ProcessingJobRequest(
        job_id=job.compute_id,
        owner=Owner(context=OWNER_CONTEXT, id=str(job.job_id)),
        scope=job.scope,
        image=_IMAGE,
        arguments=(job.kind.value,),
        environment=_ENVIRONMENT,
        machine_type=_MACHINE,
        order_uri=f"s3://{places.uploads_bucket_name}/{order_prefix(job.scope, job.job_id)}",
        max_runtime_s=_MOST_S,
    )


def _order(
    job: DataJob,
    dataset: Dataset,
    labels: Sequence[LabelCount],
    listings: Sequence[str],
    places: Places,
) -> DataJobOrder:
    return DataJobOrder(
        job_id=str(job.job_id),
        kind=job.kind,
        data_bucket=places.data_bucket_name,
        uploads_bucket=places.uploads_bucket_name,
        project_prefix=job.scope.prefix,
        dataset=ExportInfo(
            dataset_name=dataset.name,
            version_number=job.version_number,
            kind=dataset.kind,
            labels=[label.name for label in labels],
            tag_scheme=dataset.tag_scheme,
            label_map=dataset.label_map,
        ),
        samples=listings,
        uploads=job.uploads,
        shards_prefix=shards_prefix(job.scope, job.job_id),
        result_key=result_key(job.scope, job.job_id),
        settings=job.settings,
    )


def _labels(key: VersionKey, datasets: DatasetRepository) -> Sequence[LabelCount]:
    found: list[LabelCount] = []
    position = None
    while True:
        labels, position = datasets.labels(key, limit=_LABELS, position=position)
        found.extend(labels)
        if position is None:
            return found


class _Listings:
    """The chosen samples as files of up to a chunk each."""

    def __init__(
        self, job: DataJob, samples: SampleRepository, scratch: ObjectStore, executor: Executor
    ) -> None:
        self._job = job
        self._selection = job.selection or SampleSelection()
        self._samples = samples
        self._scratch = scratch
        self._executor = executor
        self.sample_count = 0

    def write(self) -> Sequence[str]:
        """Return the keys of what was written, in the order of the samples."""
        keys = []
        for index, rows in enumerate(self._chosen()):
            key = listing_key(self._job.scope, self._job.job_id, index)
            self._scratch.put(key, packed_listing(rows), content_type="application/octet-stream")
            self.sample_count += len(rows)
            keys.append(key)
        return keys

    def _chosen(self) -> Iterator[Sequence[ListedSample]]:
        scope = self._job.scope
        chunks = sorted(self._samples.chunks(self._job.version_key))
        for start in range(0, len(chunks), _CHUNKS_AHEAD):
            ahead = chunks[start : start + _CHUNKS_AHEAD]
            for rows in self._executor.map(lambda chunk: self._samples.of_chunk(scope, chunk), ahead):
                chosen = [row for row in rows if self._selection.takes(row)]
                annotations = self._executor.map(lambda row: self._samples.annotation_of(scope, row), chosen)
                if chosen:
                    yield [listed(row, said) for row, said in zip(chosen, annotations, strict=True)]
