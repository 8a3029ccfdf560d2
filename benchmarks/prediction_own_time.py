"""Own time of the prediction API, with everything in memory: a call without its model and its tables.

PYTHONPATH=.:layers/platform:layers/catalog:layers/formats python benchmarks/prediction_own_time.py

Prints percentiles of one call in ms, and how often a call asked the tables for counts and for routes.
"""

import argparse
import json
import logging
import statistics
import time
from collections.abc import Callable

from openbml.core.public_calls import call_of, http_reply
from openbml.services.calls.reports import QueuedReports
from openbml.services.policies import Limits, Recording, Traffic
from tests.fakes.calls_memory import InMemoryExpiringObjects
from tests.fakes.prediction_desk import CHALLENGER, PATH, PredictionDesk
from tests.fakes.services_memory import RecordedQueue

ANSWER = json.dumps({"results": [{"name": f"class {n}", "score": 1 / (n + 1)} for n in range(6)]}).encode()


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def measured(
    name: str, calls: int, body: bytes, limits: Limits, prepare: Callable[[PredictionDesk], None]
) -> None:
    desk = PredictionDesk(limits)
    desk.invoker.outcome = ANSWER
    prepare(desk)
    reports = QueuedReports(RecordedQueue(), InMemoryExpiringObjects())
    token = desk.token()
    event = {
        "httpMethod": "POST",
        "path": PATH,
        "headers": {"Content-Type": "application/json"},
        "queryStringParameters": {"access_token": token},
        "body": body.decode(),
        "isBase64Encoded": False,
    }
    took: list[float] = []
    reads = desk.routes.reads
    for number in range(calls):
        desk.now.pass_time(seconds=0.002)
        desk.seconds += 0.002
        began = time.perf_counter()
        answer = desk.api.answer(call_of(event))
        assert answer.report is not None
        reports.report(answer.report)
        http_reply(answer.body, retry_after_s=answer.retry_after_s)
        took.append(1000 * (time.perf_counter() - began))
        if number % 500 == 0:
            desk.invoker.calls.clear()
    print(
        f"{name:44} p50 {statistics.median(took):6.3f}  p95 {percentile(took, 0.95):6.3f}  "
        f"p99 {percentile(took, 0.99):6.3f} ms   limit writes/call {desk.tallies.writes / calls:.4f}   "
        f"route reads/call {(desk.routes.reads - reads) / calls:.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    calls = parser.parse_args().calls
    logging.disable(logging.CRITICAL)
    small, large = b'{"image": "%s"}' % (b"A" * 1_000), b'{"image": "%s"}' % (b"A" * 150_000)
    huge = b'{"image": "%s"}' % (b"A" * 4_000_000)
    limits = Limits(qps=1_000, daily=10**7, total=10**9)
    measured("no limits, 1 KB", calls, small, Limits(), lambda desk: None)
    measured("three limits, 1 KB, 500 calls/s", calls, small, limits, lambda desk: None)
    measured(
        "two versions, 1 KB",
        calls,
        small,
        limits,
        lambda desk: desk.says(challenger=CHALLENGER, traffic=Traffic(challenger_share=20)),
    )
    keep = Recording(keep_inputs=True)
    measured("inputs kept, 1 KB", calls, small, limits, lambda desk: desk.says(recording=keep))
    for name, fewer, body in (("150 KB (message)", 10, large), ("4 MB (storage)", 100, huge)):
        measured(f"inputs kept, {name}", calls // fewer, body, limits, lambda desk: desk.says(recording=keep))
    measured("4 MB, nothing kept", calls // 100, huge, limits, lambda desk: None)


if __name__ == "__main__":
    main()
