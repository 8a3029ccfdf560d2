"""Records gathered into requests (contract section 5.2, ``BatchStrategy``)."""

from collections.abc import Iterator
from dataclasses import dataclass

from sagemaker_local.transform.splitting import Span


class RecordTooLargeError(Exception):
    """A record alone is larger than a request may be."""


@dataclass(frozen=True)
class Batch:
    """The body of one request: neighbouring records of a file, with what stands between them."""

    span: Span
    records: int


def batches(records: Iterator[Span], *, max_bytes: int | None, one_each: bool) -> Iterator[Batch]:
    """Yield requests of as many whole records as fit, or of one record each.

    Args:
        max_bytes: limit of a request's body; None for no limit.

    Raises:
        RecordTooLargeError: when the iteration reaches a record over the limit.
    """
    gathered: Batch | None = None
    for number, record in enumerate(records, start=1):
        if max_bytes is not None and record.size > max_bytes:
            raise RecordTooLargeError(
                f"record {number} has {record.size} bytes, and MaxPayloadInMB allows {max_bytes}"
            )
        if gathered is not None:
            joined = Span(gathered.span.start, record.end)
            if not one_each and (max_bytes is None or joined.size <= max_bytes):
                gathered = Batch(joined, gathered.records + 1)
                continue
            yield gathered
        gathered = Batch(record, 1)
    if gathered is not None:
        yield gathered
