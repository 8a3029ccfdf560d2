"""How fast the local SageMaker engine takes jobs through: no-op jobs against bare processes.

Every job is a real training job: create call, slot, `/opt/ml` in a namespace, process, artefact in S3,
events, log cursor. Reference in the same run: the same interpreter command as bare processes, as many at a
time as the engine runs jobs. Budgets: 20 jobs/s for a queue of 1,000, 300 ms from the create call to the
first line of user code beyond the interpreter's own start, p95 of describe and list 10 ms at 10,000 jobs,
flat memory.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.contract.emulator import emulator, free_port

REPOSITORY = Path(__file__).resolve().parents[1]
RESULT = Path(__file__).parent / "results" / "engine_jobs.json"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
BUCKET = "engine-bench"
ROLE = "arn:aws:iam::000000000000:role/engine-bench"
BUDGET_JOBS_PER_S, BUDGET_START_MS, BUDGET_P95_MS = 20.0, 300.0, 10.0
PARALLEL = 2
IMAGES = """
images:
  - repository: "*bench/noop"
    env: noop
    train: ["{python}", "-S", "-c", "pass"]
  - repository: "*bench/clock"
    env: clock
    train: ["{python}", "-S", "-c", "import time; print(time.time())"]
"""


class Engine:
    """The engine as an operator runs it, with a folder of its own."""

    def __init__(self, folder: Path, emulator_url: str, *, images: str = IMAGES, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._folder = folder
        self._settings = settings
        self._images = images
        self._emulator = emulator_url
        config = Config(retries={"max_attempts": 0, "mode": "standard"}, max_pool_connections=32)
        self.client: Any = boto3.client("sagemaker", endpoint_url=self.url, config=config, **KEYS)

    @contextmanager
    def running(self) -> Iterator[int]:
        images = self._folder / "images.yaml"
        images.write_text(self._images)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY / "infra" / "local"),
            "SML_PORT": str(self.port),
            "SML_STATE_DIR": str(self._folder / "state"),
            "SML_IMAGES": str(images),
            "SML_MACHINE_CPUS": "4",
            "SML_MAX_BATCH_JOBS": str(PARALLEL),
            "SML_TEST": "1",
            "AWS_ENDPOINT_URL": self._emulator,
            **self._settings,
        }
        with (self._folder / "engine.log").open("ab") as log:
            command = [sys.executable, "-m", "sagemaker_local", "serve"]
            process = subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=log, stderr=log)
        try:
            self._wait(process)
            yield process.pid
        finally:
            process.terminate()
            process.wait(timeout=60)

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        while process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/_local/health", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError((self._folder / "engine.log").read_text()[-2000:])

    def create(self, name: str, image: str, *, channel: bool) -> None:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
        channels = [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}] if channel else []
        more: dict[str, Any] = {"InputDataConfig": channels} if channels else {}
        self.client.create_training_job(
            TrainingJobName=name,
            RoleArn=ROLE,
            AlgorithmSpecification={
                "TrainingImage": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/bench/{image}:1",
                "TrainingInputMode": "File",
            },
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
            ResourceConfig={"InstanceType": "ml.t3.medium", "InstanceCount": 1, "VolumeSizeInGB": 1},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
            **more,
        )

    def completed(self) -> int:
        """Count by polling the unfinished, which is one page: the benchmark must not load the engine."""
        left = self.client.list_training_jobs(StatusEquals="InProgress", MaxResults=1)
        return len(left["TrainingJobSummaries"])

    def wait_until_idle(self, every_s: float = 0.25) -> None:
        while self.completed():
            time.sleep(every_s)

    def statuses(self, prefix: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for page in self.client.get_paginator("list_training_jobs").paginate(NameContains=prefix):
            for one in page["TrainingJobSummaries"]:
                status = str(one["TrainingJobStatus"])
                found[status] = found.get(status, 0) + 1
        return found


def rss_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_s(pid: int) -> float:
    """Seconds the process and the children it waited for have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[index]) for index in (11, 12)) / os.sysconf("SC_CLK_TCK")


def bare_processes_per_s(count: int) -> float:
    def one(_: int) -> None:
        subprocess.run([sys.executable, "-S", "-c", "pass"], check=True)

    started = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(one, range(count)))
    return count / (time.perf_counter() - started)


def throughput(engine: Engine, pid: int, *, jobs: int) -> dict[str, Any]:
    """Queue all, then take the time until nothing is in progress."""
    run = uuid.uuid4().hex[:6]
    memory, used = rss_mib(pid), cpu_s(pid)
    bare = bare_processes_per_s(100)
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: engine.create(f"q{run}-{n}", "noop", channel=n % 2 == 0), range(jobs)))
    created = time.perf_counter() - started
    memories = []
    while engine.completed():
        memories.append(rss_mib(pid))
        time.sleep(0.25)
    seconds = time.perf_counter() - started
    statuses = engine.statuses(f"q{run}-")
    assert statuses == {"Completed": jobs}, statuses
    return {
        "jobs": jobs,
        "jobs_per_s": jobs / seconds,
        "creates_per_s": jobs / created,
        "bare_processes_per_s": bare,
        "share_of_bare": jobs / seconds / bare,
        "engine_cpu_ms_per_job": (cpu_s(pid) - used) / jobs * 1000,
        "rss_mib": {
            "before": memory,
            "at a third": memories[len(memories) // 3],
            "at two thirds": memories[len(memories) * 2 // 3],
            "after": rss_mib(pid),
        },
    }


def start_latency(engine: Engine, emulator_url: str, *, rounds: int) -> dict[str, float]:
    logs = boto3.client("logs", endpoint_url=emulator_url, **KEYS)
    run = uuid.uuid4().hex[:6]
    times, bare = [], []
    for number in range(rounds):
        started = time.time()
        answer = subprocess.run(
            [sys.executable, "-S", "-c", "import time; print(time.time())"], capture_output=True, check=True
        )
        bare.append(float(answer.stdout) - started)
        name = f"l{run}-{number}"
        started = time.time()
        engine.create(name, "clock", channel=True)
        engine.wait_until_idle(0.1)
        times.append(_first_line(logs, name) - started)
    return {
        "start_p50_ms": statistics.median(times) * 1000,
        "bare_start_p50_ms": statistics.median(bare) * 1000,
        "beyond_interpreter_ms": (statistics.median(times) - statistics.median(bare)) * 1000,
    }


def _first_line(logs: Any, name: str) -> float:
    group = "/aws/sagemaker/TrainingJobs"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")["logStreams"]
        if streams:
            stream = streams[0]["logStreamName"]
            events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)[
                "events"
            ]
            if events:
                return float(events[0]["message"])
        time.sleep(0.1)
    raise RuntimeError(f"no log of {name}")


def p95_ms(call: Callable[[int], Any], calls: int) -> float:
    times = []
    for number in range(calls):
        started = time.perf_counter()
        call(number)
        times.append(time.perf_counter() - started)
    return statistics.quantiles(times, n=20)[-1] * 1000


def query_latency(engine: Engine, *, jobs: int) -> dict[str, float]:
    """With ``jobs`` ended jobs in the state; the client's own part is measured on an unknown operation."""
    client = engine.client

    def fail(_: int) -> None:
        try:
            client.list_pipelines()
        except client.exceptions.ClientError:
            return

    return {
        "jobs": jobs,
        "describe_p95_ms": p95_ms(lambda n: client.describe_training_job(TrainingJobName=f"old-{n}"), 300),
        "list_p95_ms": p95_ms(lambda _: client.list_training_jobs(MaxResults=100), 100),
        "list_by_status_p95_ms": p95_ms(
            lambda _: client.list_training_jobs(StatusEquals="InProgress", NameContains="none"), 100
        ),
        "refused_call_p95_ms": p95_ms(fail, 100),
    }


def fill(state_file: Path, jobs: int) -> None:
    """Copy one ended job ``jobs`` times, as if they had run."""
    import sqlite3

    with sqlite3.connect(state_file) as connection:
        row = connection.execute(
            "SELECT arn, kind, name, status, created_at, modified_at, doc FROM resource "
            "WHERE status = 'Completed' LIMIT 1"
        ).fetchone()
        arn, kind, name, status, created, modified, doc = row
        connection.executemany(
            "INSERT INTO resource VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    arn.replace(name, f"old-{number}"),
                    kind,
                    f"old-{number}",
                    status,
                    created - number,
                    modified - number,
                    doc.replace(name, f"old-{number}"),
                )
                for number in range(jobs)
            ],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--old-jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as name:
        folder = Path(name)
        (folder / "ministack").mkdir()
        with emulator(folder / "ministack") as url:
            s3 = boto3.client("s3", endpoint_url=url, **KEYS)
            s3.create_bucket(Bucket=BUCKET)
            s3.put_object(Bucket=BUCKET, Key="data/a.txt", Body=b"x")
            engine = Engine(folder, url)
            with engine.running() as pid:
                start_latency(engine, url, rounds=2)
                figures: dict[str, Any] = {"start": start_latency(engine, url, rounds=given.rounds)}
                print(json.dumps(figures["start"], indent=1))
                figures["queue"] = throughput(engine, pid, jobs=given.jobs)
                print(json.dumps(figures["queue"], indent=1))
            fill(folder / "state" / "engine.sqlite3", given.old_jobs)
            with engine.running():
                figures["queries"] = query_latency(engine, jobs=given.old_jobs)
                print(json.dumps(figures["queries"], indent=1))
    figures |= {"cores": os.cpu_count(), "load_average": os.getloadavg()[1]}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
