"""Batch predictions: what one is, how its state follows its job, where they are kept.

Each attempt is a compute job of its own; a later attempt goes on behind what the earlier ones wrote.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from openbml.compute.failures import Failure
from openbml.compute.intervals import Interval
from openbml.core.errors import OpenBMLError
from openbml.core.scope import ProjectScope
from openbml_formats.batch_orders import InputFormat, OutputFormat

OWNER_CONTEXT = "batch_predictions"
Position = dict[str, Any] | None


class BatchNotFoundError(OpenBMLError):
    """The project has no such batch prediction; details: batch_id."""


class BatchConflictError(OpenBMLError):
    """Someone else changed it at the same moment; details: batch_id. Read again, then repeat."""


class BatchStateError(OpenBMLError):
    """The state does not allow it; details: batch_id, state, action."""


class BatchNameTakenError(OpenBMLError):
    """The project has a batch prediction of this name; details: name."""


class BatchState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        return _RANKS[self] == _RANKS[BatchState.SUCCEEDED]

    def may_become(self, state: "BatchState") -> bool:
        """Tell whether a report moves one on; within an attempt states never go back."""
        return _RANKS[state] > _RANKS[self]


_RANKS = {
    BatchState.QUEUED: 0,
    BatchState.RUNNING: 1,
    BatchState.STOPPING: 2,
    BatchState.SUCCEEDED: 3,
    BatchState.FAILED: 3,
    BatchState.STOPPED: 3,
}


class NodeProgress(BaseModel):
    """What a node has answered; `total` is of the whole input, 0 while unknown, `share` what was read."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=False)

    done: int = Field(default=0, ge=0, lt=2**53)
    failed: int = Field(default=0, ge=0, lt=2**53)
    total: int = Field(default=0, ge=0, lt=2**53)
    share: float = Field(default=0, ge=0, le=1)


class BatchWork(BaseModel):
    """What is predicted with what: the form's fields after they were checked.

    Attributes:
        image: the version's own image, which answers.
        variant: which of the version's files answers.
        parameters: fields of every request that does not have them itself.
    """

    model_config = ConfigDict(frozen=True)

    model_id: int
    model_version: int
    task_type: str
    model_uri: str
    image: str
    variant: str
    input_uri: str
    input_format: InputFormat
    output_uri: str
    output_format: OutputFormat
    machine_type: str
    nodes: int = Field(ge=1, le=6)
    parameters: Mapping[str, JsonValue] = Field(default_factory=dict)


class BatchPrediction(BaseModel):
    """One batch prediction.

    Attributes:
        submitted: the attempt was handed to compute.
        attempt: 1, and one more with every resumption.
        earlier: spans of the attempts before; intervals: of this one.
        progress: by node; kept beside other changes, never with them.
        schedule_id: whose run it is; None: a person's.
        unique_name: the name is held, as the manual's API wants it.
        version: grows with every save; the slower of two writers is refused.
    """

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    batch_id: int
    name: str
    description: str = ""
    work: BatchWork
    state: BatchState = BatchState.QUEUED
    submitted: bool = False
    attempt: int = Field(default=1, ge=1)
    failure: Failure | None = None
    earlier: tuple[Interval, ...] = ()
    intervals: tuple[Interval, ...] = ()
    progress: Mapping[str, NodeProgress] = Field(default_factory=dict)
    schedule_id: int | None = None
    unique_name: bool = False
    created_by: int
    created_at: AwareDatetime
    changed_at: AwareDatetime
    started_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    version: int = Field(default=1, ge=1)

    @property
    def compute_id(self) -> str:
        """What compute calls the attempt by."""
        return f"batch{self.batch_id}a{self.attempt}"

    @property
    def figures(self) -> NodeProgress:
        """All nodes together."""
        nodes = list(self.progress.values())
        done = sum(node.done for node in nodes)
        total = max((node.total for node in nodes), default=0)
        share = sum(node.share for node in nodes) / self.work.nodes
        if self.state is BatchState.SUCCEEDED:
            total, share = max(total, done), 1.0
        return NodeProgress(
            done=done, failed=sum(node.failed for node in nodes), total=total, share=min(share, 1.0)
        )

    def handed_over(self, at: datetime) -> "BatchPrediction":
        return self if self.submitted else self._changed(at, submitted=True)

    def observed(
        self, state: BatchState, failure: Failure | None, intervals: Sequence[Interval], at: datetime
    ) -> "BatchPrediction":
        """Return it as its job now stands; a repeat and a step back leave it as it is.

        A job that stops although nobody asked has met its limit of time: that is a failure.
        """
        if not self.state.may_become(state):
            return self
        spans = tuple(span.closed(at) for span in intervals) if state.is_final else tuple(intervals)
        if state is BatchState.STOPPED and failure is not None:
            state = BatchState.FAILED
        changes: dict[str, object] = {"state": state, "submitted": True, "intervals": spans}
        if state is not BatchState.QUEUED:
            first = min((span.start for span in spans), default=None)
            changes["started_at"] = self.started_at or first
        if state.is_final:
            changes |= {"failure": failure if state is BatchState.FAILED else None, "ended_at": at}
        return self._changed(at, **changes)

    def stopping(self, at: datetime) -> "BatchPrediction":
        """Return it with the wish to stop; one that compute has not seen ends at once.

        One that stops already stays as it is.

        Raises:
            BatchStateError: it has ended.
        """
        if self.state.is_final:
            raise BatchStateError(batch_id=self.batch_id, state=self.state, action="stopped")
        if self.state is BatchState.STOPPING:
            return self
        if not self.submitted:
            return self._changed(at, state=BatchState.STOPPED, ended_at=at)
        return self._changed(at, state=BatchState.STOPPING)

    def resumed(self, at: datetime) -> "BatchPrediction":
        """Return it queued for another attempt.

        Raises:
            BatchStateError: it has neither stopped nor failed.
        """
        if self.state not in (BatchState.STOPPED, BatchState.FAILED):
            raise BatchStateError(batch_id=self.batch_id, state=self.state, action="resumed")
        return self._changed(
            at,
            state=BatchState.QUEUED,
            submitted=False,
            attempt=self.attempt + 1,
            failure=None,
            earlier=(*self.earlier, *self.intervals),
            intervals=(),
            ended_at=None,
        )

    def _changed(self, at: datetime, **changes: object) -> "BatchPrediction":
        return self.model_copy(update={**changes, "changed_at": at, "version": self.version + 1})


class StartBatch(BaseModel):
    """Message to `start_batch_prediction`: hand it to compute; of one that is deleted, clear its files."""

    model_config = ConfigDict(frozen=True)

    scope: ProjectScope
    batch_id: int


class BatchRepository(Protocol):
    """Port; `tests/contract/services/test_batch_repository.py` holds what implementations owe."""

    def add(self, batch: BatchPrediction) -> bool:
        """Return False when the id is taken: it was added before.

        Raises:
            BatchNameTakenError: the name must be unique and is not.
        """

    def get(self, scope: ProjectScope, batch_id: int) -> BatchPrediction:
        """Raises BatchNotFoundError."""

    def save(self, batch: BatchPrediction) -> None:
        """Keep everything but the progress. Raises BatchConflictError unless the version before is stored."""

    def record_progress(self, scope: ProjectScope, batch_id: int, node: str, progress: NodeProgress) -> bool:
        """Keep a node's progress that goes forward; return False for what is older or of none."""

    def remove(self, batch: BatchPrediction) -> None:
        """Raises BatchConflictError: the stored version is not this one."""

    def page(
        self, scope: ProjectScope, *, limit: int, position: Position
    ) -> tuple[Sequence[BatchPrediction], Position]:
        """Return a page, the newest first, and the position of the next one."""

    def open_everywhere(self) -> Sequence[tuple[ProjectScope, int]]:
        """Return scope and id of all that have not ended."""


def folder_of(scope: ProjectScope, batch_id: int) -> str:
    """Return below what everything of it lies, data bucket."""
    return f"{scope.prefix}batch-predictions/{batch_id}/"
