"""Events this context publishes (contracts, section 6)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

from openbml.compute.failures import Failure
from openbml.compute.hostings import Hosting, HostingState
from openbml.compute.intervals import Interval
from openbml.compute.jobs import Job, JobState
from openbml.compute.owners import Owner
from openbml.core.events import Event

SOURCE = "openbml.compute"


class JobStateChanged(Event):
    source: ClassVar[str] = SOURCE

    job_id: str
    owner: Owner
    state: JobState
    failure: Failure | None
    intervals: Sequence[Interval]
    model_uri: str | None
    data_uri: str | None
    at: AwareDatetime

    @classmethod
    def of(cls, job: Job) -> "JobStateChanged":
        return cls(
            scope=job.request.scope,
            job_id=job.job_id,
            owner=job.request.owner,
            state=job.state,
            failure=job.failure,
            intervals=job.intervals,
            model_uri=job.model_uri,
            data_uri=job.data_uri,
            at=job.changed_at,
        )


class LogLine(BaseModel):
    """One line of a job's output; `id` is its place in its delivery and the log service's own id."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: AwareDatetime
    text: str


class JobProgressed(Event):
    """New output of a job; the same lines may come again."""

    source: ClassVar[str] = SOURCE

    job_id: str
    owner: Owner
    records: Sequence[Mapping[str, JsonValue]]
    lines: Sequence[LogLine]


class HostingStateChanged(Event):
    """`revision` is the one that answers, 0: none; a failure with `in_service` is an update rolled back."""

    source: ClassVar[str] = SOURCE

    deployment_id: str
    owner: Owner
    state: HostingState
    revision: int
    failure: Failure | None
    at: AwareDatetime

    @classmethod
    def of(cls, hosting: Hosting) -> "HostingStateChanged":
        return cls(
            scope=hosting.request.scope,
            deployment_id=hosting.deployment_id,
            owner=hosting.request.owner,
            state=hosting.state,
            revision=hosting.serving_revision,
            failure=hosting.failure,
            at=hosting.changed_at,
        )


class HostingChangeBegun(Event):
    """A hosting is on its way to what is wanted, and SageMaker will not tell when it is there."""

    source: ClassVar[str] = SOURCE

    deployment_id: str

    @classmethod
    def of(cls, hosting: Hosting) -> "HostingChangeBegun":
        return cls(scope=hosting.request.scope, deployment_id=hosting.deployment_id)
