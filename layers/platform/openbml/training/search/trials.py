"""Trials: one training with proposed hyper-parameters, how its state may change."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime, Field

from openbml.compute.failures import Failure, Fault
from openbml.compute.intervals import Interval
from openbml.core.scope import ProjectScope
from openbml_formats.searches import StudyTrial, TrialState


class Trial(StudyTrial):
    """A trial as the platform keeps it; the manager writes its first revision.

    Attributes:
        started_at: when its job began to train; None while it waits for a machine.
        epochs_done: how many epochs its job has told of.
        revision: grows with every save; the slower of two writers is refused.
    """

    scope: ProjectScope
    search_id: int
    epochs_done: int = 0
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    intervals: tuple[Interval, ...] = ()
    failure: Failure | None = None
    model_uri: str | None = None
    data_uri: str | None = None
    revision: int = Field(default=1, ge=1)

    @property
    def counts(self) -> bool:
        """Tell whether its quality can be the search's best."""
        return self.quality is not None and self.state is not TrialState.FAILED

    @property
    def billed_intervals(self) -> Sequence[Interval]:
        """Spans that are charged: none where the platform was at fault (spec 01 section 2.1, T4)."""
        if self.failure and self.failure.fault is Fault.PLATFORM:
            return ()
        return [span for span in self.intervals if span.end]

    def submitted(self) -> "Trial":
        """Return the trial with a place among the running ones; its job may still wait for a machine."""
        return self if self.state is not TrialState.PROPOSED else self._changed(state=TrialState.RUNNING)

    def training(self, intervals: Sequence[Interval], at: datetime) -> "Trial":
        if self.state is not TrialState.RUNNING or self.started_at:
            return self
        started = intervals[0].start if intervals else at
        return self._changed(started_at=started, intervals=tuple(intervals))

    def progressed(self, epochs_done: int, quality: float | None) -> "Trial":
        """Return the trial after more epochs; tellings come again and out of order, the best one stands."""
        if self.state is not TrialState.RUNNING:
            return self
        known = [value for value in (self.quality, quality) if value is not None]
        changes = {
            "epochs_done": max(self.epochs_done, epochs_done),
            "quality": max(known, default=None),
        }
        if (self.epochs_done, self.quality) == tuple(changes.values()):
            return self
        return self._changed(**changes)

    def finished(
        self,
        state: TrialState,
        at: datetime,
        *,
        intervals: Sequence[Interval] = (),
        quality: float | None = None,
        epochs_done: int = 0,
        failure: Failure | None = None,
        model_uri: str | None = None,
        data_uri: str | None = None,
    ) -> "Trial":
        """Return the trial with its end; one that has ended stays as it is."""
        if not self.state.is_open:
            return self
        return self._changed(
            state=state,
            finished_at=at,
            started_at=self.started_at or (intervals[0].start if intervals else None),
            intervals=tuple(span.closed(at) for span in intervals or self.intervals),
            quality=quality if quality is not None else self.quality,
            epochs_done=max(epochs_done, self.epochs_done),
            failure=failure,
            model_uri=model_uri,
            data_uri=data_uri,
        )

    def dropped(self, at: datetime) -> "Trial":
        """Return a trial that will not be carried out any more."""
        if self.state is not TrialState.PROPOSED:
            return self
        return self._changed(state=TrialState.STOPPED, finished_at=at)

    def _changed(self, **changes: object) -> "Trial":
        return self.model_copy(update={**changes, "revision": self.revision + 1})
