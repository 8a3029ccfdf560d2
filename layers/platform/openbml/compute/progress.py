"""What running jobs say: tagged lines become records, all others stay text (contracts, section 3).

Lines come from code that reads users' data, so every line is hostile until parsed: too long, not JSON, deeply
nested, not an object. Such a line is shown as text; nothing is lost but what exceeds the limits.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter

from openbml.compute.events import JobProgressed, LogLine
from openbml.compute.jobs import Job, JobNotFoundError, JobRepository
from openbml.compute.names import ComputeNames
from openbml.core.events import EventPublisher
from openbml.core.observability import logger

TAG = "##openbml "
_RECORD_CHARACTERS = 16_384
_LINE_CHARACTERS = 2_048
_EVENT_BYTES = 120_000  # an event holds 256 KB at most; JSON escapes may double a line
_RECORD = TypeAdapter(dict[str, JsonValue])

Record = Mapping[str, JsonValue]


class RawLine(BaseModel):
    """A log event as the log service delivers it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    timestamp: int
    message: str


class Delivery(BaseModel):
    """One delivery of the log subscription: lines of one stream, in order. A repeat has the same lines."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    log_stream: str
    lines: Sequence[RawLine]

    @property
    def digest(self) -> str:
        ids = "\n".join([self.log_stream, *(line.id for line in self.lines)])
        return hashlib.sha256(ids.encode()).hexdigest()


class DeliveryMarks(Protocol):
    """Port: which deliveries were passed on already."""

    def has(self, job_id: str, digest: str) -> bool: ...

    def put(self, job_id: str, digest: str) -> None: ...


def ingest_progress(
    delivery: Delivery,
    *,
    names: ComputeNames,
    jobs: JobRepository,
    marks: DeliveryMarks,
    events: EventPublisher,
) -> int:
    """Publish the delivery's records and lines; return how many lines were passed on.

    Lines of other stages' jobs, of unknown jobs and of seen deliveries are passed over.
    """
    job_id = names.job_id(delivery.log_stream.partition("/")[0])
    if job_id is None:
        return 0
    try:
        job = jobs.get(job_id)
    except JobNotFoundError:
        logger.warning("log lines of an unknown job", job_id=job_id)
        return 0
    if marks.has(job_id, delivery.digest):
        return 0
    events.publish(list(_events(job, delivery.lines)))
    marks.put(job_id, delivery.digest)
    return len(delivery.lines)


def record_of(message: str) -> Record | None:
    """Return the object of a tagged line; None for any other line. NaN and infinities become null."""
    if not message.startswith(TAG) or len(message) > _RECORD_CHARACTERS:
        return None
    try:
        document = json.loads(message.removeprefix(TAG), parse_constant=lambda _: None)
        return _RECORD.validate_python(document)
    except (ValueError, RecursionError):
        return None


def _events(job: Job, lines: Sequence[RawLine]) -> Iterator[JobProgressed]:
    records: list[Record] = []
    texts: list[LogLine] = []
    size = 0
    for place, line in enumerate(lines):
        message = line.message.rstrip("\r\n")
        cost = min(len(message.encode()), _RECORD_CHARACTERS * 4) + 100
        if size and size + cost > _EVENT_BYTES:
            yield _event(job, records, texts)
            records, texts, size = [], [], 0
        size += cost
        record = record_of(message)
        if record is not None:
            records.append(record)
        else:
            texts.append(_line(line, message, place))
    if size:
        yield _event(job, records, texts)


def _event(job: Job, records: Sequence[Record], lines: Sequence[LogLine]) -> JobProgressed:
    return JobProgressed(
        scope=job.request.scope,
        job_id=job.job_id,
        owner=job.request.owner,
        records=tuple(records),
        lines=tuple(lines),
    )


def shown_text(message: str) -> str:
    """Return a log line as it may be shown: of bounded length, without signs that steer a terminal."""
    text = message.rstrip("\r\n")[:_LINE_CHARACTERS]
    return "".join(sign if sign.isprintable() or sign == "\t" else "�" for sign in text)


def _line(line: RawLine, message: str, place: int) -> LogLine:
    at = datetime.fromtimestamp(line.timestamp / 1000, UTC)
    return LogLine(id=f"{place:05d}-{line.id}", at=at, text=shown_text(message))
