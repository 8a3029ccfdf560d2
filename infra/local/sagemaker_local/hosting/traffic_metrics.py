"""CloudWatch metrics of endpoints (contract section 8), summed per minute in memory.

Losing the last minute in a crash is accepted; a CloudWatch that is away costs a bounded amount of memory.
"""

import asyncio
import logging
import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.storage.aws_clients import AwsClients

NAMESPACE = "AWS/SageMaker"
_MINUTE_S = 60
_MAX_VALUES = 150  # of one datum
_MAX_DATA = 500  # of one request, well below its 1000 and 1 MB
_MAX_WAITING = 20_000
_SIGNIFICANT_DIGITS = 2
_FIRST_CLIENT_ERROR, _FIRST_SERVER_ERROR, _AFTER_ERRORS = 400, 500, 600

logger = logging.getLogger(__name__)

Datum = dict[str, Any]


@dataclass(frozen=True)
class Served:
    """One invocation of an endpoint."""

    scope: Scope
    endpoint: str
    variant: str
    instances: int
    status: int | None  # of the container; None when it gave none
    model_s: float
    overhead_s: float
    setup_s: float | None = None


@dataclass
class _Minute:
    """What happened in one minute at one variant: values and how often each came."""

    values: dict[tuple[str, str], Counter[float]] = field(default_factory=dict)

    def add(self, name: str, unit: str, value: float) -> None:
        counts = self.values.get((name, unit))
        if counts is None:
            counts = self.values[name, unit] = Counter()
        counts[value] += 1


@dataclass(frozen=True)
class _Key:
    scope: Scope
    dimensions: tuple[tuple[str, str], ...]
    minute: int


class TrafficMetrics:
    def __init__(self, clients: AwsClients, flush_s: float) -> None:
        self._clients = clients
        self._flush_s = flush_s
        self._minutes: dict[_Key, _Minute] = {}
        self._waiting: deque[tuple[Scope, Datum]] = deque(maxlen=_MAX_WAITING)

    def record(self, served: Served) -> None:
        dimensions = (("EndpointName", served.endpoint), ("VariantName", served.variant))
        minute = self._minute(served.scope, dimensions)
        failed = served.status is None or served.status // 100 != 2
        status = served.status or 0
        minute.add("Invocations", "None", 1.0)
        minute.add("InvocationsPerInstance", "None", 1.0 / max(1, served.instances))
        minute.add("Invocation4XXErrors", "None", float(_FIRST_CLIENT_ERROR <= status < _FIRST_SERVER_ERROR))
        minute.add("Invocation5XXErrors", "None", float(_FIRST_SERVER_ERROR <= status < _AFTER_ERRORS))
        minute.add("InvocationModelErrors", "None", float(failed))
        minute.add("ModelLatency", "Microseconds", rounded(served.model_s * 1e6))
        minute.add("OverheadLatency", "Microseconds", rounded(served.overhead_s * 1e6))
        if served.setup_s is not None:
            minute.add("ModelSetupTime", "Microseconds", rounded(served.setup_s * 1e6))

    def gauge(self, scope: Scope, endpoint: str, name: str, value: float) -> None:
        self._minute(scope, (("EndpointName", endpoint),)).add(name, "None", value)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._flush_s)
            await self.flush()

    async def flush(self) -> None:
        """Put all values so far; what CloudWatch does not take now is kept for the next time."""
        minutes, self._minutes = self._minutes, {}
        for key, minute in minutes.items():
            self._waiting.extend((key.scope, datum) for datum in _data(key, minute))
        while self._waiting:
            scope = self._waiting[0][0]
            batch = [datum for at, datum in list(self._waiting)[:_MAX_DATA] if at == scope]
            try:
                await asyncio.to_thread(self._put, scope, batch)
            except (BotoCoreError, ClientError) as error:
                logger.warning("%d metric values wait for CloudWatch: %s", len(self._waiting), error)
                return
            sent = {id(datum) for datum in batch}
            kept = [item for item in self._waiting if id(item[1]) not in sent]
            self._waiting = deque(kept, maxlen=_MAX_WAITING)

    def _put(self, scope: Scope, data: list[Datum]) -> None:
        self._clients.own("cloudwatch", scope).put_metric_data(Namespace=NAMESPACE, MetricData=data)

    def _minute(self, scope: Scope, dimensions: tuple[tuple[str, str], ...]) -> _Minute:
        key = _Key(scope, dimensions, int(time.time()) // _MINUTE_S)
        found = self._minutes.get(key)
        if found is None:
            found = self._minutes[key] = _Minute()
        return found


def rounded(value: float) -> float:
    """Round to two significant digits, so that a minute has few different values."""
    if value <= 0:
        return 0.0
    return round(value, _SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(value)))


def _data(key: _Key, minute: _Minute) -> Iterator[Datum]:
    stamp = datetime.fromtimestamp(key.minute * _MINUTE_S, UTC)
    dimensions = [{"Name": name, "Value": value} for name, value in key.dimensions]
    for (name, unit), counts in minute.values.items():
        items = sorted(counts.items())
        for start in range(0, len(items), _MAX_VALUES):
            yield {
                "MetricName": name,
                "Dimensions": dimensions,
                "Timestamp": stamp,
                "Unit": unit,
                **_values(dict(items[start : start + _MAX_VALUES])),
            }


def _values(counts: Mapping[float, int]) -> Datum:
    return {"Values": list(counts), "Counts": [float(count) for count in counts.values()]}
