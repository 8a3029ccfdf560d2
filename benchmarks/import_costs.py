"""What an import costs and takes on AWS: measured requests times list prices.

The requests, their capacity units and the worker's processor time are counted while a real archive goes
through the real code; prices and what a request takes inside a region are `aws_prices.yaml`. A worker has
1,769 MB, which is one processor; what waits for the network runs on 16 threads. Units follow DynamoDB:
1 KB a write, 4 KB a read, twice that in a transaction or when read consistently.

    python -m benchmarks.import_costs --samples 100000
"""

import argparse
import json
import math
import time
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from benchmarks.import_zip import IMAGES, THREADS, Place, archive, measured_emulator, platform_seconds

RESULT = Path(__file__).parent / "results" / "import_costs.json"
PRICES = Path(__file__).parent / "aws_prices.yaml"
WORKER_GB = 1769 / 1024
WORKERS = 20  # shards at a time: `ScalingConfig` of the function
_READS = {"GetObject", "HeadObject"}


class RequestCounter:
    """Counts the calls of boto3 clients and the capacity units they use."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.units: Counter[str] = Counter()

    def watch(self, client: Any) -> None:
        client.meta.events.register("provide-client-params", self._count)

    def _count(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        name = model.name
        self.calls[name] += 1
        if name == "BatchWriteItem":
            for requests in params["RequestItems"].values():
                self.units["write"] += sum(map(_write_units, requests))
        elif name == "TransactWriteItems":
            self.units["write"] += sum(2 * _write_units(action) for action in params["TransactItems"])
        elif name in ("PutItem", "UpdateItem", "DeleteItem"):
            self.units["write"] += _write_units(params)
        elif name == "BatchGetItem":
            self.units["read"] += sum(len(keys["Keys"]) for keys in params["RequestItems"].values())
        elif name in ("GetItem", "Query"):
            self.units["read"] += 1


def _write_units(request: Any) -> int:
    return math.ceil(len(json.dumps(request, default=_sized).encode()) / 1024)


def _sized(value: Any) -> str:
    data = getattr(value, "value", value)
    return "x" * len(data) if isinstance(data, bytes) else str(data)


def waiting_seconds(calls: Counter[str], prices: dict[str, float]) -> float:
    """Return what all requests of one worker take after each other, on its threads."""
    seconds = 0.0
    for name, count in calls.items():
        if name == "TransactWriteItems":
            seconds += count * prices["dynamodb_transaction_s"]
        elif name in _READS:
            seconds += count * prices["s3_get_s"]
        elif "Object" in name or "Upload" in name:
            seconds += count * prices["s3_put_s"]
        else:
            seconds += count * prices["dynamodb_call_s"]
    return seconds / THREADS


def estimate(
    counter: RequestCounter, cpu_seconds: float, samples: int, prices: dict[str, float]
) -> dict[str, float]:
    """Return dollars and seconds for so many samples; everything counted grows with their number."""
    factor = samples / IMAGES
    reads = sum(count for name, count in counter.calls.items() if name in _READS)
    writes = (
        sum(count for name, count in counter.calls.items() if "Object" in name or "Upload" in name) - reads
    )
    busy = max(cpu_seconds, waiting_seconds(counter.calls, prices))
    shards = math.ceil(samples / 1000)
    dollars = {
        "s3_requests": factor
        * (writes * prices["s3_put_per_1000"] + reads * prices["s3_get_per_1000"])
        / 1000,
        "dynamodb": factor
        * (
            counter.units["write"] * prices["dynamodb_write_per_million"]
            + counter.units["read"] * prices["dynamodb_read_per_million"]
        )
        / 1e6,
        "lambda": factor * busy * WORKER_GB * prices["lambda_gb_second"]
        + (shards + 1) * prices["lambda_per_million"] / 1e6,
        "queues_and_events": shards
        * (3 * prices["sqs_per_million"] + prices["eventbridge_per_million"])
        / 1e6,
    }
    return {
        **{f"{name}_usd": round(value, 4) for name, value in dollars.items()},
        "total_usd": round(sum(dollars.values()), 4),
        "gb_seconds": round(factor * busy * WORKER_GB, 1),
        "seconds_at_20_workers": round(factor * busy / min(WORKERS, shards), 1),
        "write_units": round(factor * counter.units["write"]),
        "s3_puts": round(factor * writes),
        "s3_gets": round(factor * reads),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="What an import of images costs and takes on AWS.")
    parser.add_argument("--samples", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    arguments = parser.parse_args()
    prices = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    counter = RequestCounter()
    with measured_emulator() as url:
        place, body = Place(url), archive(0)
        counter.watch(place.s3)
        counter.watch(place.table.meta.client)
        started = time.process_time()
        platform_seconds(place, body)
        cpu_seconds = time.process_time() - started
    rows = [
        {"samples": count, **estimate(counter, cpu_seconds, count, prices)} for count in arguments.samples
    ]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    document = {
        "measured_samples": IMAGES,
        "calls": dict(counter.calls),
        "units": dict(counter.units),
        "cpu_seconds": round(cpu_seconds, 2),
        "prices": prices,
        "rows": rows,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
