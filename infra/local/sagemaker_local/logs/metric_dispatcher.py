"""Empties the metric outbox into CloudWatch: at least once, many values a call."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sagemaker_local.state import metric_outbox
from sagemaker_local.state.database import Database
from sagemaker_local.state.metric_outbox import OutboxValue

_POLL_S = 1.0
_ROWS = 20_000
_MAX_BACKOFF_S = 15.0
#: Limits of PutMetricData: distinct values of one datum, data of one call.
_VALUES_PER_DATUM = 150
_DATA_PER_CALL = 500

logger = logging.getLogger(__name__)


class MetricsUnavailable(Exception):  # noqa: N818 - a state that passes
    """CloudWatch cannot be reached now."""


@dataclass
class Datum:
    """The values of one metric in one second."""

    name: str
    dimensions: str  # JSON object
    unit: str
    at: float
    values: dict[float, int]


class MetricSink(Protocol):
    """Port to CloudWatch. Raises MetricsUnavailable."""

    def put(self, region: str, namespace: str, data: list[Datum]) -> None: ...


class MetricDispatcher:
    def __init__(self, database: Database, sink: MetricSink) -> None:
        self._database = database
        self._sink = sink

    async def run(self) -> None:
        backoff_s = 0.0
        while True:
            try:
                while await self.send_batch():
                    backoff_s = 0.0
            except MetricsUnavailable as error:
                backoff_s = min(max(1.0, backoff_s * 2), _MAX_BACKOFF_S)
                logger.warning("metric delivery waits %.0f s: %s", backoff_s, error)
            await asyncio.sleep(max(_POLL_S, backoff_s))

    async def send_batch(self) -> bool:
        """Send the oldest values of one namespace; False when there are none."""
        rows = await self._database.read(lambda connection: metric_outbox.oldest(connection, _ROWS))
        if not rows:
            return False
        data = gather(rows)
        for start in range(0, len(data), _DATA_PER_CALL):
            part = data[start : start + _DATA_PER_CALL]
            await asyncio.to_thread(self._sink.put, rows[0].region, rows[0].namespace, part)
        ids = [row.value_id for row in rows]
        await self._database.run(lambda connection: metric_outbox.remove(connection, ids))
        return True


def gather(rows: Iterable[OutboxValue]) -> list[Datum]:
    """Values of one metric and second become one datum, as far as a datum takes them."""
    found: list[Datum] = []
    open_data: dict[tuple[str, str, int], Datum] = {}
    for row in rows:
        key = (row.dimensions, row.name, int(row.at))
        datum = open_data.get(key)
        if datum is None or (row.value not in datum.values and len(datum.values) >= _VALUES_PER_DATUM):
            datum = open_data[key] = Datum(row.name, row.dimensions, row.unit, row.at, {})
            found.append(datum)
        datum.values[row.value] = datum.values.get(row.value, 0) + 1
    return found
