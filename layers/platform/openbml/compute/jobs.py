"""Jobs: what one is, how its state may change, where jobs are kept, what runs them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Discriminator, Field, Tag

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.compute.owners import Owner
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope

_RANKS = {"queued": 0, "running": 1, "stopping": 2, "completed": 3, "failed": 3, "stopped": 3}


class JobNotFoundError(OpenBMLError):
    """No job has this id; details: job_id."""


class JobConflictError(OpenBMLError):
    """Someone else changed the job, or its id is taken by other work; details: job_id."""


class JobRefusedError(OpenBMLError):
    """The runtime will never take this job; details: job_id, reason."""


class RuntimeBusyError(OpenBMLError):
    """The runtime cannot take the call now: throttled, no capacity, unreachable; details: reason."""


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return _RANKS[self] == _RANKS["completed"]

    def may_become(self, state: "JobState") -> bool:
        """Tell whether a report of the state moves a job on; states never go back."""
        return _RANKS[state] > _RANKS[self]


class ChannelKind(StrEnum):
    """What a channel's address names; the runtimes know both."""

    S3_PREFIX = "s3_prefix"
    MANIFEST_FILE = "manifest_file"


class Channel(BaseModel):
    """Input of a job.

    Attributes:
        uri: of a prefix, and everything below it appears in the channel's folder; or of a SageMaker manifest,
            a JSON list of a prefix and keys below it, which appear under these keys.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    uri: str = Field(pattern=r"^s3://")
    kind: ChannelKind = ChannelKind.S3_PREFIX


class _JobRequest(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    job_id: str = Field(pattern=r"^[a-z0-9](-*[a-z0-9]){0,30}$")
    owner: Owner
    scope: ProjectScope
    image: str
    machine_type: str


class TrainingJobRequest(_JobRequest):
    """What a context asks for.

    Attributes:
        image: name of an image of the catalogue, e.g. `deep`; its address is this context's business.
        machine_type: machine code of the catalogue; its instance type is this context's business.
        output_uri: folder below which the job's own folder appears.
        max_runtime_s: the hard limit, downloads included.
    """

    kind: Literal["training"] = "training"
    hyper_parameters: Mapping[str, str]
    channels: tuple[Channel, ...] = Field(min_length=1, max_length=20)
    node_count: int = Field(ge=1)
    output_uri: str = Field(pattern=r"^s3://")
    checkpoint_uri: str = Field(pattern=r"^s3://")
    max_runtime_s: int = Field(ge=1, le=28 * 86400)


class ProcessingJobRequest(_JobRequest):
    """What a context asks for; the job reads and writes objects itself, with a role of its own.

    Attributes:
        arguments: of the image's `process`.
        order_uri: folder whose files appear at `/opt/ml/processing/input/order`; None of a job without one.
        model_uri: the same of a model's folder, at `/opt/ml/processing/input/model`.
        node_count: machines; each finds its place among them in `/opt/ml/config/resourceconfig.json`.
    """

    kind: Literal["processing"] = "processing"
    arguments: tuple[str, ...] = Field(default=(), max_length=100)
    environment: Mapping[str, str] = Field(default_factory=dict)
    order_uri: str | None = Field(default=None, pattern=r"^s3://")
    model_uri: str | None = Field(default=None, pattern=r"^s3://")
    node_count: int = Field(default=1, ge=1, le=20)
    max_runtime_s: int = Field(ge=1, le=5 * 86400)
    volume_gb: int = Field(default=50, ge=1, le=1024)


def _kind(request: object) -> str:
    """Jobs that were kept before there were two kinds name none."""
    named = request.get("kind") if isinstance(request, Mapping) else getattr(request, "kind", None)
    return str(named or "training")


JobRequest = Annotated[
    Annotated[TrainingJobRequest, Tag("training")] | Annotated[ProcessingJobRequest, Tag("processing")],
    Discriminator(_kind),
]
Request = TypeVar("Request", TrainingJobRequest, ProcessingJobRequest, contravariant=True)


class JobReport(BaseModel):
    """What the runtime says of a job now."""

    model_config = ConfigDict(frozen=True)

    state: JobState
    intervals: tuple[Interval, ...] = ()
    failure: Failure | None = None
    model_uri: str | None = None
    data_uri: str | None = None


class Job(BaseModel):
    """A job and what is known of it.

    Attributes:
        submitted: the runtime has taken it; a job recorded but not submitted is submitted by reconciling.
        stop_requested_at: when its owner asked to stop it.
        version: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    request: JobRequest
    state: JobState = JobState.QUEUED
    submitted: bool = False
    stop_requested_at: AwareDatetime | None = None
    failure: Failure | None = None
    intervals: tuple[Interval, ...] = ()
    model_uri: str | None = None
    data_uri: str | None = None
    created_at: AwareDatetime
    changed_at: AwareDatetime
    version: int = Field(default=1, ge=1)

    @property
    def job_id(self) -> str:
        return self.request.job_id

    def observed(self, report: JobReport, at: datetime) -> "Job":
        """Return the job as its runtime now reports it.

        Reports come at least once and out of order: a repeat, a step back and anything after a final state
        leave the job as it is.
        """
        if not self.state.may_become(report.state):
            return self
        intervals = report.intervals
        if report.state.is_final:
            intervals = tuple(span.closed(at) for span in intervals)
        changes = {
            "state": report.state,
            "submitted": True,
            "failure": report.failure,
            "intervals": intervals,
            "model_uri": report.model_uri,
            "data_uri": report.data_uri,
        }
        return self._changed(at, **changes)

    def taken(self, at: datetime) -> "Job":
        return self if self.submitted else self._changed(at, submitted=True)

    def stopping(self, at: datetime) -> "Job":
        """Return the job with the wish to stop noted; a job that has ended stays as it is."""
        if self.state.is_final or self.stop_requested_at:
            return self
        return self._changed(at, state=JobState.STOPPING, stop_requested_at=at)

    def given_up(self, failure: Failure, at: datetime) -> "Job":
        """Return the job failed for a reason that its runtime cannot report."""
        if self.state.is_final:
            return self
        intervals = tuple(span.closed(at) for span in self.intervals)
        return self._changed(at, state=JobState.FAILED, failure=failure, intervals=intervals)

    def never_started(self, at: datetime) -> "Job":
        return self if self.state.is_final else self._changed(at, state=JobState.STOPPED)

    def _changed(self, at: datetime, **changes: object) -> "Job":
        return self.model_copy(update={**changes, "changed_at": at, "version": self.version + 1})


class JobRepository(Protocol):
    """Port; `tests/contract/compute/job_repository_contract.py` holds what implementations owe."""

    def get(self, job_id: str) -> Job:
        """Raises JobNotFoundError."""

    def add(self, job: Job) -> None:
        """Raises JobConflictError when the id is taken."""

    def save(self, job: Job) -> None:
        """Raises JobConflictError unless the stored version is the one before."""

    def open_jobs(self) -> Sequence[Job]:
        """Return all jobs that are not final."""


class JobRuntime(Protocol[Request]):
    """Port to what runs jobs of one kind; its adapters owe what `test_sagemaker_*.py` hold."""

    def submit(self, request: Request) -> None:
        """Start the job; a job of the same id that was taken before is left as it is.

        Raises:
            JobRefusedError, RuntimeBusyError
        """

    def stop(self, job_id: str) -> None:
        """Ask the job to stop; one that has ended or is not known is left alone. Raises RuntimeBusyError."""

    def describe(self, job_id: str) -> JobReport | None:
        """Return what is known of the job, None if nothing is. Raises RuntimeBusyError."""


class JobRuntimes:
    """What runs each kind of job."""

    def __init__(
        self, *, training: JobRuntime[TrainingJobRequest], processing: JobRuntime[ProcessingJobRequest]
    ) -> None:
        self._training = training
        self._processing = processing

    def submit(self, job: Job) -> None:
        if job.request.kind == "training":
            self._training.submit(job.request)
        else:
            self._processing.submit(job.request)

    def stop(self, job: Job) -> None:
        runtime = self._training if job.request.kind == "training" else self._processing
        runtime.stop(job.job_id)

    def describe(self, job: Job) -> JobReport | None:
        runtime = self._training if job.request.kind == "training" else self._processing
        return runtime.describe(job.job_id)
