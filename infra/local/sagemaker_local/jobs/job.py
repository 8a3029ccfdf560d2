"""A job of any kind: what was asked for, and how its state may change."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from sagemaker_local.capacity.queue import Priority
from sagemaker_local.state.resources import Record

TERMINAL = ("Completed", "Failed", "Stopped")
DEFAULT_MAX_RUNTIME_S = 86400
FAILURE_REASON_LIMIT = 1024

StopCause = Literal["request", "runtime", "wait"]

_PRIMARY = {
    "Starting": "InProgress",
    "Pending": "InProgress",
    "Downloading": "InProgress",
    "Training": "InProgress",
    "Processing": "InProgress",
    "Uploading": "InProgress",
    "Interrupted": "InProgress",
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopping": "Stopping",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
    "MaxWaitTimeExceeded": "Stopped",
}
_LIMITS: Mapping[StopCause, str] = {"runtime": "MaxRuntimeInSeconds", "wait": "MaxWaitTimeInSeconds"}


class Transition(BaseModel):
    model_config = ConfigDict(frozen=True)

    status: str
    started_at: float
    ended_at: float | None = None
    message: str = ""


class Job(BaseModel, ABC):
    """``request`` is the create call as it came, defaults filled in.

    ``secondary_status`` is the state the engine works with; only training shows it in the API.
    """

    model_config = ConfigDict(frozen=True)

    kind: ClassVar[str]
    noun: ClassVar[str]
    running_state: ClassVar[str]
    messages: ClassVar[Mapping[str, str]]

    arn: str
    name: str
    region: str
    request: dict[str, Any]
    created_at: float
    modified_at: float
    secondary_status: str = "Starting"
    transitions: tuple[Transition, ...] = ()
    attempt: int = Field(default=1, ge=1)
    retries: int = 0
    stop_cause: StopCause | None = None
    started_at: float | None = None
    ended_at: float | None = None
    run_started_at: float | None = None  # Downloading of this attempt
    earlier_runs_s: float = 0.0
    failure_reason: str | None = None

    @property
    @abstractmethod
    def instance_types(self) -> tuple[str, ...]:
        """The instance type of each node, algo-1 first."""

    @property
    @abstractmethod
    def max_runtime_s(self) -> int: ...

    @property
    @abstractmethod
    def is_isolated(self) -> bool: ...

    @property
    @abstractmethod
    def volume_gib(self) -> int:
        """Disk quota of each node; 0 means none."""

    @property
    def priority(self) -> Priority:
        """Its place in the queue for batch slots."""
        return Priority.TRAINING

    @property
    def max_retries(self) -> int:
        return 0

    @property
    def max_pending_s(self) -> int | None:
        """Limit of the wait for capacity; beyond it the job fails."""
        return None

    @property
    def max_wait_s(self) -> int | None:
        """Limit of the whole life from creation on; beyond it the job is stopped."""
        return None

    @property
    def node_count(self) -> int:
        return len(self.instance_types)

    @property
    def status(self) -> str:
        return _PRIMARY[self.secondary_status]

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @property
    def role_arn(self) -> str:
        return str(self.request["RoleArn"])

    def runtime_s(self, now: float) -> float:
        """Seconds from Downloading, over all attempts."""
        current = now - self.run_started_at if self.run_started_at is not None else 0.0
        return self.earlier_runs_s + max(0.0, current)

    def next_limit(self, now: float) -> tuple[float, StopCause]:
        """Seconds left until a limit stops the job, and which one that is."""
        limits: list[tuple[float, StopCause]] = [(self.max_runtime_s - self.runtime_s(now), "runtime")]
        if self.max_wait_s is not None:
            limits.append((self.created_at + self.max_wait_s - now, "wait"))
        return min(limits)

    def waiting_limit(self, now: float) -> tuple[float, Literal["pending", "wait"]] | None:
        """Seconds left of the wait for capacity, and what limits it; None means that nothing does.

        Each attempt may wait for its own ``MaxPendingTimeInSeconds``.
        """
        limits: list[tuple[float, Literal["pending", "wait"]]] = []
        if self.max_pending_s is not None:
            begun = [one.started_at for one in self.transitions if one.status == "Starting"]
            since = begun[-1] if begun else self.created_at
            limits.append((since + self.max_pending_s - now, "pending"))
        if self.max_wait_s is not None:
            limits.append((self.created_at + self.max_wait_s - now, "wait"))
        return min(limits) if limits else None

    def moved(self, secondary_status: str, at: float, message: str | None = None) -> Self:
        """Return the job in another state, its transition closed and the new one begun.

        A terminal job does not move, and a repeated state is no change.
        """
        if self.is_terminal or (self.transitions and secondary_status == self.secondary_status):
            return self
        at = max(at, self.modified_at)
        closed = tuple(
            one.model_copy(update={"ended_at": at}) if one.ended_at is None else one
            for one in self.transitions
        )
        final = _PRIMARY[secondary_status] in TERMINAL
        text = self.messages.get(secondary_status, "") if message is None else message
        begun = Transition(
            status=secondary_status, started_at=at, ended_at=at if final else None, message=text
        )
        changes: dict[str, Any] = {
            "secondary_status": secondary_status,
            "transitions": (*closed, begun),
            "modified_at": at,
            **self._clock_changes(secondary_status, at),
        }
        if final:
            changes["ended_at"] = at
        return self.model_copy(update=changes)

    def _clock_changes(self, secondary_status: str, at: float) -> dict[str, Any]:
        if secondary_status == "Downloading":
            return {"run_started_at": at, "started_at": self.started_at or at}
        if secondary_status == "Interrupted" or _PRIMARY[secondary_status] in TERMINAL:
            return {"earlier_runs_s": self.runtime_s(at), "run_started_at": None}
        return {}

    def failed(self, reason: str, at: float) -> Self:
        short = reason[:FAILURE_REASON_LIMIT]
        return self.model_copy(update={"failure_reason": short}).moved("Failed", at, short)

    def stopping(self, cause: StopCause, at: float, message: str | None = None) -> Self:
        """Return the job on its way to a stop; the first cause stays."""
        if self.is_terminal or self.stop_cause is not None:
            return self
        limit = _LIMITS.get(cause)
        words = message or f"Stopping the {self.noun}"
        text = f"{limit} is exceeded, stopping the {self.noun}" if limit else words
        return self.model_copy(update={"stop_cause": cause}).moved("Stopping", at, text)

    def stopped(self, at: float) -> Self:
        """Return the job after its stop sequence."""
        limit = _LIMITS.get(self.stop_cause or "request")
        words = f"{self.noun[0].upper()}{self.noun[1:]}"
        return self.moved("Stopped", at, f"{words} exceeded {limit}" if limit else f"{words} stopped")

    def interrupted(self, message: str, at: float, *, counts_as_retry: bool) -> Self:
        """Return the job waiting for its next attempt."""
        moved = self.moved("Interrupted", at, message)
        retries = self.retries + 1 if counts_as_retry else self.retries
        return moved.model_copy(update={"attempt": self.attempt + 1, "retries": retries})

    def record(self) -> Record:
        return Record(
            self.arn,
            self.kind,
            self.name,
            self.status,
            self.created_at,
            self.modified_at,
            self.model_dump_json(),
        )
