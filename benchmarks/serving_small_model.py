"""A model of microseconds behind the serving image's server, beside the same work without HTTP.

    OPENBML_TABULAR_PYTHON benchmarks/serving_models.py --folder FOLDER
    OPENBML_SERVING_PYTHON -m benchmarks.serving_small_model --model FOLDER

The limit is one thread that reads the request's bytes and makes the answer's, one request at a time for one
client, 32 together for more. The load generator shares the machine's cores with the server. Budgets: p50 at
most 0.2 ms at one client, p99 at most 3 ms at 32.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.serving_throughput import ROOT, resident_mib, start_server

CLIENTS = (1, 8, 32)


def in_process(base: Path, body: bytes, *, together: int, seconds: float) -> float:
    """Return requests per second."""
    from openbml_serving.answering import Sent, answer_together
    from openbml_serving.tasks import TogetherHandler, load_task

    task = load_task(base / "model", cores=1)
    task.handler.warm_up()
    handler = task.handler
    if not isinstance(handler, TogetherHandler):
        raise SystemExit("the model's requests are not computed together")
    several = [Sent(body, "application/json")] * together
    done, started = 0, time.perf_counter()
    while time.perf_counter() < started + seconds:
        done += len(answer_together(task, handler, several))
    return done / (time.perf_counter() - started)


def load(port: int, body: Path, clients: int, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.serving_load", f"--port={port}", f"--body={body}"]
    command += [f"--clients={clients}", f"--seconds={seconds}"]
    told: dict[str, Any] = json.loads(
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    )
    if told["wrong"]:
        raise SystemExit(f"{told['wrong']} requests were answered wrongly")
    return told


def measure(base: Path, port: int, rounds: int, seconds: float) -> list[dict[str, float]]:
    body = base / "body.json"
    limits: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    loads: dict[int, list[dict[str, Any]]] = {clients: [] for clients in CLIENTS}
    process, ready_s = start_server(base, port)
    try:
        load(port, body, 8, 1)
        for _ in range(rounds):
            for clients in CLIENTS:
                together = min(clients, 32)
                limits[clients].append(
                    in_process(base, body.read_bytes(), together=together, seconds=seconds / 2)
                )
                loads[clients].append(load(port, body, clients, seconds))
        memory = resident_mib(process.pid)
    finally:
        process.terminate()
        process.wait(30)

    def median(clients: int, figure: str) -> float:
        return statistics.median(float(told[figure]) for told in loads[clients])

    return [
        {
            "clients": clients,
            "limit_per_s": statistics.median(limits[clients]),
            "served_per_s": median(clients, "per_second"),
            "ratio": median(clients, "per_second") / statistics.median(limits[clients]),
            "p50_ms": median(clients, "p50_ms"),
            "p99_ms": median(clients, "p99_ms"),
            "resident_mib": memory,
            "ready_s": ready_s,
        }
        for clients in CLIENTS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder that stands for /opt/ml")
    parser.add_argument("--port", type=int, default=9298)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    rows = measure(given.model, given.port, given.rounds, given.seconds)
    print("  ".join(f"{name:>12}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:12.3f}" for value in row.values()))
    if given.json:
        given.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
