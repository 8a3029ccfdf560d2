"""Events of batch predictions (contracts, section 6)."""

from typing import ClassVar

from pydantic import AwareDatetime

from openbml.compute.failures import Failure, Fault
from openbml.compute.usage import UsageReport, UsedResource
from openbml.core.events import Event
from openbml.services.batch.batch_predictions import BatchPrediction, BatchState
from openbml_catalog.machines import Module

SOURCE = "openbml.services"


class BatchStateChanged(Event):
    """`total` is 0 while it is not known."""

    source: ClassVar[str] = SOURCE

    batch_id: int
    name: str
    state: BatchState
    attempt: int
    done: int
    total: int
    failed_items: int
    failure: Failure | None
    at: AwareDatetime

    @classmethod
    def of(cls, batch: BatchPrediction) -> "BatchStateChanged":
        figures = batch.figures
        return cls(
            scope=batch.scope,
            batch_id=batch.batch_id,
            name=batch.name,
            state=batch.state,
            attempt=batch.attempt,
            done=figures.done,
            total=figures.total,
            failed_items=figures.failed,
            failure=batch.failure,
            at=batch.changed_at,
        )


class UsageReported(UsageReport):
    """What an attempt has used, once, at its end (spec 01 section 2.4)."""

    source: ClassVar[str] = SOURCE

    @classmethod
    def of(cls, batch: BatchPrediction) -> "UsageReported | None":
        """Return the ended attempt's usage; None when nothing ran or the platform was at fault."""
        platform_fault = batch.failure is not None and batch.failure.fault is Fault.PLATFORM
        intervals = [span for span in batch.intervals if span.end]
        if not batch.state.is_final or platform_fault or not intervals:
            return None
        return cls(
            scope=batch.scope,
            usage_id=f"batch:{batch.batch_id}:{batch.attempt}",
            module=Module.BATCH,
            machine=batch.work.machine_type,
            resource=UsedResource(type="batch_prediction", id=str(batch.batch_id), name=batch.name),
            units=batch.work.nodes,
            intervals=intervals,
            closed=True,
        )
