"""Metric values in the lines of a training job (``MetricDefinitions``)."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex  # type: ignore[import-untyped, unused-ignore]

from sagemaker_local.logs.frames import Frame, read_frames
from sagemaker_local.state import cursors
from sagemaker_local.state.cursors import MetricValue
from sagemaker_local.state.database import Database

_READ_BYTES = 1_000_000
_LINE_LIMIT = 4096
#: A pattern that backtracks without end costs this much per line, and gives no value.
_MATCH_TIMEOUT_S = 0.05


@dataclass(frozen=True)
class MetricPattern:
    name: str
    pattern: "regex.Pattern[str]"


def compile_definitions(definitions: Sequence[Mapping[str, Any]]) -> list[MetricPattern]:
    return [MetricPattern(str(one["Name"]), regex.compile(one["Regex"], regex.V0)) for one in definitions]


def find_values(patterns: Sequence[MetricPattern], frames: Sequence[Frame]) -> list[MetricValue]:
    """Every value in order; what is not a finite number is no value."""
    found = []
    for frame in frames:
        text = frame.text[:_LINE_LIMIT]
        for one in patterns:
            try:
                match = one.pattern.search(text, timeout=_MATCH_TIMEOUT_S)
                value = float(match[1]) if match and match[1] is not None else math.nan
            except (TimeoutError, ValueError):
                continue
            if math.isfinite(value):
                found.append(MetricValue(one.name, value, frame.at_ms / 1000))
    return found


class MetricScanner:
    """Scans one process's log from where an earlier pass, or an earlier server, stopped."""

    def __init__(
        self, database: Database, *, arn: str, process_id: str, log: Path, patterns: Sequence[MetricPattern]
    ) -> None:
        self._database = database
        self._arn = arn
        self._process_id = process_id
        self._log = log
        self._patterns = patterns
        self._offset: int | None = None

    async def scan(self) -> None:
        if not self._patterns:
            return
        if self._offset is None:
            self._offset = await self._database.read(lambda c: cursors.scanned_offset(c, self._process_id))
        while True:
            frames, end = await asyncio.to_thread(read_frames, self._log, self._offset, _READ_BYTES)
            if not frames:
                return
            values = await asyncio.to_thread(find_values, self._patterns, frames)
            if values:  # without values the next server may scan these lines again, to the same end
                await self._save(end, values)
            self._offset = end

    async def _save(self, offset: int, values: list[MetricValue]) -> None:
        await self._database.run(lambda c: cursors.save_scan(c, self._process_id, self._arn, offset, values))
