"""InvokeEndpoint through the local SageMaker engine against the same container called directly.

A real engine process, a real worker process that it started, and a load generator share the machine's cores.
Direct and through the engine alternate; ratios are of medians. Budgets: `docs/architecture.md` section 7.

    python -m benchmarks.engine_invocations [--rounds 3] [--seconds 2] [--json FILE]
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3

from tests.contract.emulator import emulator, free_port

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "engine_invocations.json"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
SIZES = {"small": 1024, "1 MB": 1_000_000}
CLIENTS = (1, 8, 32)
#: Milliseconds of processor time per call, and the share of the direct throughput that must remain.
BUDGETS = {15: 0.90, 1: 0.60}
BUDGET_ADDED_P50_MS = 1.0
#: What boto3 sends with a call.
HEADERS = (
    "Host: 127.0.0.1",
    "Accept-Encoding: identity",
    "Content-Type: application/octet-stream",
    "Accept: application/json",
    "User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.11.7",
    "X-Amz-Date: 20260101T000000Z",
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sagemaker/aws4_request, "
    "SignedHeaders=content-type;host;x-amz-date, Signature=" + "0" * 64,
    "amz-sdk-invocation-id: 6f6f9d7c-8f3c-4a35-9a52-0d1a7e0c5a10",
    "amz-sdk-request: attempt=1",
)


@dataclass(frozen=True)
class Row:
    model_ms: int
    body: str
    clients: int
    direct_per_s: float
    engine_per_s: float
    ratio: float
    direct_p50_ms: float
    engine_p50_ms: float
    direct_p99_ms: float
    engine_p99_ms: float


@dataclass(frozen=True)
class Load:
    """Calls of one kind to one port."""

    port: int
    path: str
    body_bytes: int
    clients: int

    def run(self, seconds: float) -> tuple[float, list[float]]:
        """Return calls per second and every latency; each client waits for its answer."""
        lines = (f"POST {self.path} HTTP/1.1", *HEADERS, f"Content-Length: {self.body_bytes}")
        request = "\r\n".join((*lines, "", "")).encode() + os.urandom(self.body_bytes)
        started = time.perf_counter()

        def client(_: int) -> list[float]:
            latencies: list[float] = []
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (sent := time.perf_counter()) < started + seconds:
                    connection.sendall(request)
                    reply = b""
                    while not reply.endswith(b"}"):
                        part = connection.recv(65536)
                        reply += part
                        if not part:
                            raise RuntimeError(f"the connection ended after {reply[:300]!r}")
                    if not reply.startswith(b"HTTP/1.1 200"):
                        raise RuntimeError(f"unexpected reply {reply[:300]!r}")
                    latencies.append(time.perf_counter() - sent)
            return latencies

        with ThreadPoolExecutor(self.clients) as pool:
            latencies = [latency for one in pool.map(client, range(self.clients)) for latency in one]
        return len(latencies) / (time.perf_counter() - started), latencies


@contextmanager
def engine(folder: Path, endpoint_url: str) -> Iterator[int]:
    """Run an engine with two endpoints, one per cost of the model; give its port."""
    images = folder / "images.yaml"
    serve = "benchmarks/engine_worker/serve"
    entry = {"repository": "*bench", "env": "bench", "paths": ["benchmarks/engine_worker"]}
    images.write_text(json.dumps({"images": [{**entry, "serve": ["{python}", serve]}]}))
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY / "infra" / "local"),
        "SML_PORT": str(port),
        "SML_STATE_DIR": str(folder / "state"),
        "SML_IMAGES": str(images),
        "SML_WORKER_PORTS": "29000-29050",
        "AWS_ENDPOINT_URL": endpoint_url,
    }
    with (folder / "engine.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagemaker_local", "serve"], env=environment, stdout=log, stderr=log
        )
    try:
        _until_it_answers(f"http://127.0.0.1:{port}/_local/health", process)
        yield port
    finally:
        process.terminate()
        process.wait(60)


def _until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the engine ended with code {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
            continue
        return
    raise RuntimeError("the engine did not answer within 60 s")


def deploy(port: int, folder: Path, model_ms: int) -> int:
    """Create the endpoint of a model; return the port of its worker."""
    name = f"bench-{model_ms}"
    sagemaker = boto3.client("sagemaker", endpoint_url=f"http://127.0.0.1:{port}", **KEYS)
    container = {"Image": "registry/bench:1", "Environment": {"MODEL_MS": str(model_ms)}}
    role = "arn:aws:iam::000000000000:role/bench"
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    arn = sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)["EndpointArn"]
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig={"Delay": 1})
    token = (folder / "state" / "admin-token").read_text()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/_local/state", headers={"X-Sml-Token": token})
    with urllib.request.urlopen(request, timeout=10) as answer:
        processes = json.load(answer)["processes"]
    return next(int(one["port"]) for one in processes if one["owner_arn"] == arn)


def compare(direct: Load, through: Load, *, rounds: int, seconds: float) -> dict[str, float]:
    rates: dict[str, list[float]] = {"direct": [], "engine": []}
    latencies: dict[str, list[float]] = {"direct": [], "engine": []}
    for _ in range(rounds):
        for name, load in (("direct", direct), ("engine", through)):
            rate, times = load.run(seconds)
            rates[name].append(rate)
            latencies[name] += times
    found: dict[str, float] = {}
    for name in rates:
        found[f"{name}_per_s"] = round(statistics.median(rates[name]), 1)
        found[f"{name}_p50_ms"] = round(percentile(latencies[name], 0.5) * 1000, 3)
        found[f"{name}_p99_ms"] = round(percentile(latencies[name], 0.99) * 1000, 3)
    return {**found, "ratio": round(found["engine_per_s"] / found["direct_per_s"], 3)}


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(folder: Path, *, rounds: int, seconds: float, show: Callable[[Row], None]) -> list[Row]:
    rows = []
    with emulator(folder) as endpoint_url, engine(folder, endpoint_url) as port:
        for model_ms in BUDGETS:
            worker_port = deploy(port, folder, model_ms)
            for body, size in SIZES.items():
                for clients in CLIENTS:
                    direct = Load(worker_port, "/invocations", size, clients)
                    through = Load(port, f"/endpoints/bench-{model_ms}/invocations", size, clients)
                    direct.run(0.5)
                    through.run(0.5)
                    found = compare(direct, through, rounds=rounds, seconds=seconds)
                    rows.append(Row(model_ms=model_ms, body=body, clients=clients, **found))
                    show(rows[-1])
    return rows


def verdict(row: Row) -> str:
    problems = [] if row.ratio >= BUDGETS[row.model_ms] else [f"ratio below {BUDGETS[row.model_ms]}"]
    if row.clients == 1 and row.engine_p50_ms - row.direct_p50_ms > BUDGET_ADDED_P50_MS:
        problems.append(f"adds more than {BUDGET_ADDED_P50_MS} ms")
    return "ok" if not problems else ", ".join(problems)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--json", type=Path, default=RESULT)
    given = parser.parse_args()

    def show(row: Row) -> None:
        values: dict[str, Any] = {**asdict(row), "verdict": verdict(row)}
        sys.stdout.write("  ".join(f"{name}={value}" for name, value in values.items()) + "\n")
        sys.stdout.flush()

    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), rounds=given.rounds, seconds=given.seconds, show=show)
    given.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0 if all(verdict(row) == "ok" for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
