"""What people fill in, and what they are shown (contracts, section 4)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from openbml.compute.failures import Failure
from openbml.compute.intervals import total_seconds
from openbml.services.batch.batch_predictions import BatchPrediction, BatchState
from openbml.services.batch.recurrences import Recurrence, Unit
from openbml.services.batch.schedules import BatchSchedule, MissedRuns, Outcome, ScheduledRun
from openbml_catalog.machines import Module
from openbml_catalog.prices import price_book
from openbml_formats.batch_orders import InputFormat, OutputFormat

_MINUTE_S = 60
MOST_NODES = 6
_Name = Field(min_length=1, max_length=50)


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class BatchInput(_Form):
    """`uri` names an object, or with `/` at its end everything below it."""

    uri: str = Field(pattern=r"^s3://", max_length=1100)


class BatchOutput(_Form):
    """Without `uri` predictions stay with the platform, where they can be downloaded."""

    uri: str | None = Field(default=None, pattern=r"^s3://.+/$", max_length=1100)


class BatchTemplate(_Form):
    """What is predicted with what."""

    model_id: int = Field(ge=1, lt=2**53)
    model_version: int = Field(ge=1, lt=10**8)
    variant: Literal["fp32", "int8", "fp16"] = "fp32"
    input: BatchInput
    input_format: InputFormat = InputFormat.AUTO
    output: BatchOutput = BatchOutput()
    output_format: OutputFormat = OutputFormat.JSONL
    machine_type: str = Field(default="CPU_4C_16G", max_length=50)
    nodes: int = Field(default=1, ge=1, le=MOST_NODES)
    parameters: Mapping[str, JsonValue] = Field(default_factory=dict, max_length=20)


class BatchRequest(BatchTemplate):
    name: str = _Name
    description: str = Field(default="", max_length=500)


class ScheduleRequest(_Form):
    name: str = _Name
    template: BatchTemplate
    unit: Unit
    every: int = Field(default=1, ge=1, le=1000)
    starts_at: AwareDatetime
    ends_at: AwareDatetime | None = None
    time_zone: str = Field(default="UTC", max_length=64)
    missed: MissedRuns = MissedRuns.RUN_ONCE


class ScheduleChange(_Form):
    """What is left out stays; `ends_at: null` takes the end away."""

    name: str | None = Field(default=None, min_length=1, max_length=50)
    template: BatchTemplate | None = None
    unit: Unit | None = None
    every: int | None = Field(default=None, ge=1, le=1000)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    time_zone: str | None = Field(default=None, max_length=64)
    missed: MissedRuns | None = None


class BatchView(BaseModel):
    """A batch prediction.

    Attributes:
        done, failed_items: items answered so far, and of these with an error.
        total: items of the input; null while the job does not know.
        share: of the input that was read, 0 to 1.
        minutes: started minutes of running, all attempts together; price: of them, null where the platform
            was at fault or nothing ran.
    """

    model_config = ConfigDict(frozen=True)

    batch_id: int
    name: str
    description: str
    model_id: int
    model_version: int
    variant: str
    task_type: str
    image: str
    input: BatchInput
    input_format: InputFormat
    output_uri: str
    output_format: OutputFormat
    machine_type: str
    nodes: int
    parameters: Mapping[str, JsonValue]
    state: BatchState
    attempt: int
    done: int
    total: int | None
    failed_items: int
    share: float
    schedule_id: int | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    minutes: int
    price_per_minute: Decimal
    failure: Failure | None

    @classmethod
    def of(cls, batch: BatchPrediction) -> "BatchView":
        work, figures = batch.work, batch.figures
        return cls(
            batch_id=batch.batch_id,
            name=batch.name,
            description=batch.description,
            model_id=work.model_id,
            model_version=work.model_version,
            variant=work.variant,
            task_type=work.task_type,
            image=work.image,
            input=BatchInput(uri=work.input_uri),
            input_format=work.input_format,
            output_uri=work.output_uri,
            output_format=work.output_format,
            machine_type=work.machine_type,
            nodes=work.nodes,
            parameters=work.parameters,
            state=batch.state,
            attempt=batch.attempt,
            done=figures.done,
            total=figures.total or None,
            failed_items=figures.failed,
            share=figures.share,
            schedule_id=batch.schedule_id,
            created_at=batch.created_at,
            started_at=batch.started_at,
            ended_at=batch.ended_at,
            minutes=minutes_of(batch),
            price_per_minute=price_book()[Module.BATCH, work.machine_type].price * work.nodes,
            failure=batch.failure,
        )


class OutputFile(BaseModel):
    """A file of the output; `url` is good for an hour."""

    name: str
    size_bytes: int
    url: str


class UploadedFile(_Form):
    name: str = Field(min_length=1, max_length=400)
    size_bytes: int = Field(ge=0, le=5 * 1024**3)


class UploadRequest(_Form):
    files: Sequence[UploadedFile] = Field(min_length=1, max_length=1000)


class UploadAddress(BaseModel):
    """Where a file goes: `PUT` its bytes to `url` within an hour."""

    name: str
    url: str


class UploadView(BaseModel):
    """`input_uri` is the input of the batch prediction, once the files are there; they stay for 7 days."""

    input_uri: str
    uploads: Sequence[UploadAddress]


class ScheduleView(BaseModel):
    model_config = ConfigDict(frozen=True)

    schedule_id: int
    name: str
    template: BatchTemplate
    unit: Unit
    every: int
    starts_at: datetime
    ends_at: datetime | None
    time_zone: str
    missed: MissedRuns
    next_due_at: datetime | None
    last_batch_id: int | None
    created_at: datetime

    @classmethod
    def of(cls, schedule: BatchSchedule) -> "ScheduleView":
        recurrence: Recurrence = schedule.recurrence
        return cls(
            schedule_id=schedule.schedule_id,
            name=schedule.name,
            template=BatchTemplate.model_validate(schedule.template),
            unit=recurrence.unit,
            every=recurrence.every,
            starts_at=recurrence.starts_at,
            ends_at=recurrence.ends_at,
            time_zone=recurrence.time_zone,
            missed=schedule.missed,
            next_due_at=schedule.next_due_at,
            last_batch_id=schedule.last_batch_id,
            created_at=schedule.created_at,
        )


class RunView(BaseModel):
    """A time that was due and what came of it; `reason` where nothing was started."""

    model_config = ConfigDict(frozen=True)

    due_at: datetime
    outcome: Outcome
    batch_id: int | None
    reason: str

    @classmethod
    def of(cls, run: ScheduledRun) -> "RunView":
        return cls(due_at=run.due_at, outcome=run.outcome, batch_id=run.batch_id, reason=run.reason)


def minutes_of(batch: BatchPrediction) -> int:
    """Return started minutes of running that have ended, each attempt's rounded up as it is billed."""
    return sum(
        -(-int(timedelta(seconds=total_seconds([span])).total_seconds()) // _MINUTE_S)
        for span in (*batch.earlier, *batch.intervals)
    )
