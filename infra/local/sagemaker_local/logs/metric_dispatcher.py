"""Empties the metric outbox into CloudWatch: at least once, many values a call."""

import asyncio
import logging
from typing import Protocol

from sagemaker_local.cancellation import uninterrupted
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.state import metric_outbox
from sagemaker_local.state.database import Database
from sagemaker_local.state.metric_outbox import Datum

_POLL_S = 1.0
_MAX_BACKOFF_S = 15.0
#: PutMetricData takes 1000 data; with 150 values each, fewer stay below its size limit.
_DATA_PER_CALL = 200

logger = logging.getLogger(__name__)


class MetricsUnavailable(Exception):  # noqa: N818 - a state that passes
    """CloudWatch cannot be reached now."""


class MetricSink(Protocol):
    """Port to CloudWatch. Raises MetricsUnavailable."""

    def put(self, scope: Scope, namespace: str, data: list[Datum]) -> None: ...


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
        """Send the oldest data of one namespace; False when there are none."""
        data = await self._database.read(lambda connection: metric_outbox.oldest(connection, _DATA_PER_CALL))
        if not data:
            return False
        await uninterrupted(self._deliver(data))  # what the service has taken must not be sent again
        return True

    async def _deliver(self, data: list[Datum]) -> None:
        await asyncio.to_thread(self._sink.put, data[0].scope, data[0].namespace, data)
        ids = [one.datum_id for one in data]
        await self._database.run(lambda connection: metric_outbox.remove(connection, ids))
