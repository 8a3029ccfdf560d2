"""CloudWatch Logs adapter of `ContainerLogs`: one stream per copy, merged by time.

A page is read backwards: of every stream the last lines before a moment. That moment, and how many lines of
its last millisecond were shown already, is the position.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from openbml.compute.errors_sagemaker import busy
from openbml.compute.hosting_logs import HostingLine, LogPage, LogPosition
from openbml.compute.progress import shown_text

_MOST_STREAMS = 20  # of a group: copies that live, and some that were
_MOST_LINES = 10_000  # of one reply


class _Entry(NamedTuple):
    """Sorted by time, then by stream, then by place in it: the same order whenever it is read."""

    at_ms: int
    stream: str
    group: str
    place: int
    message: str


class CloudWatchContainerLogs:
    def __init__(self, client: Any) -> None:
        self._client = client

    def page(self, groups: Sequence[str], *, limit: int, position: LogPosition | None) -> LogPage:
        before_ms = int(position["before_ms"]) if position else None
        shown = int(position["shown"]) if position else 0
        entries: list[_Entry] = []
        for group in groups:
            for stream in self._streams(group):
                entries += self._last(group, stream, limit + shown + 1, before_ms)
        entries.sort()
        if shown and before_ms is not None:
            newest = sum(entry.at_ms == before_ms - 1 for entry in entries)
            entries = entries[: len(entries) - min(shown, newest)]
        taken = entries[-limit:]
        return LogPage(lines=_lines(taken), position=_before(entries, taken, before_ms, shown))

    def _streams(self, group: str) -> Iterator[str]:
        try:
            reply = self._client.describe_log_streams(
                logGroupName=group, orderBy="LastEventTime", descending=True, limit=_MOST_STREAMS
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return  # nothing was said yet
            raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error
        yield from (stream["logStreamName"] for stream in reply["logStreams"])

    def _last(self, group: str, stream: str, count: int, before_ms: int | None) -> list[_Entry]:
        until = {} if before_ms is None else {"endTime": before_ms}
        try:
            reply = self._client.get_log_events(
                logGroupName=group,
                logStreamName=stream,
                startFromHead=False,
                limit=min(count, _MOST_LINES),
                **until,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise busy(error) from error
        except BotoCoreError as error:
            raise busy(error) from error
        events = reply["events"]
        return [
            _Entry(int(event["timestamp"]), stream, group, place - len(events), event["message"])
            for place, event in enumerate(events)
        ]


def _before(
    entries: Sequence[_Entry], taken: Sequence[_Entry], before_ms: int | None, shown: int
) -> LogPosition | None:
    """Return where the page before ends, None where everything was taken."""
    if len(taken) == len(entries):
        return None
    oldest = taken[0].at_ms
    count = sum(entry.at_ms == oldest for entry in taken)
    already = shown if before_ms == oldest + 1 else 0
    return {"before_ms": oldest + 1, "shown": count + already}


def _lines(entries: Sequence[_Entry]) -> list[HostingLine]:
    seen: Counter[tuple[int, str, str, str]] = Counter()
    lines = []
    for entry in entries:
        same = (entry.at_ms, entry.stream, entry.group, entry.message)
        digest = hashlib.sha256(f"{same}{seen[same]}".encode()).hexdigest()[:16]
        seen[same] += 1
        lines.append(
            HostingLine(
                id=f"{entry.at_ms}-{digest}",
                at=datetime.fromtimestamp(entry.at_ms / 1000, UTC),
                copy_name=entry.stream,
                text=shown_text(entry.message),
            )
        )
    return lines
