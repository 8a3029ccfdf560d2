"""What logs and metrics of the local SageMaker engine cost the job that writes them.

A job of one core works in fixed portions and prints a line with a metric after each, 10,000 lines a second on
a free machine. Reference in the same run: the same program as a bare process of the same niceness, unbuffered
as in every image of ours, whose output goes to a file. Rounds alternate, the ratio is of medians. Budget: the
job takes at most 5 % longer. Also told: seconds after the job's end until the last line is in CloudWatch
Logs, and that no line is missing or doubled.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import boto3

from benchmarks.engine_jobs import BUCKET, KEYS, ROLE, Engine
from tests.contract.emulator import emulator

RESULT = Path(__file__).parent / "results" / "engine_logs.json"
GROUP = "/aws/sagemaker/TrainingJobs"
BUDGET = 1.05
IMAGES = """
images:
  - repository: "*bench/printer"
    env: printer
    train: ["{{python}}", "-S", "{program}", "{lines}", "{portion}"]
"""
PROGRAM = """
import sys, time
lines, portion = int(sys.argv[1]), int(sys.argv[2])
began = time.perf_counter()
for number in range(lines):
    value = 0
    for step in range(portion):
        value += step
    print(f"step={number} loss={1 / (number + 1):.6f}; some words as a training script prints them")
sys.stdout.flush()
print(f"took={time.perf_counter() - began:.6f}", flush=True)
"""


def portion_for(lines_per_s: int) -> int:
    """Return the size of a portion of work that takes the time between two lines on this machine."""
    began = time.perf_counter()
    value = 0
    for step in range(3_000_000):
        value += step
    per_step = (time.perf_counter() - began) / 3_000_000
    return max(1, int(1 / lines_per_s / per_step * 0.95))


def bare(program: Path, lines: int, portion: int, folder: Path) -> float:
    output = folder / "bare.txt"
    with output.open("wb") as file:
        command = ["nice", "-n", "5", sys.executable, "-S", str(program), str(lines), str(portion)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        subprocess.run(command, stdout=file, env=environment, check=True)
    return float(output.read_text().rpartition("took=")[2])


def as_job(engine: Engine, logs: Any, lines: int) -> tuple[float, float]:
    """Return what the job says it took, and the seconds from its end to its last line in the service."""
    name = f"p{uuid.uuid4().hex[:8]}"
    definitions = [{"Name": "loss", "Regex": r"loss=([0-9.]+);"}, {"Name": "step", "Regex": r"step=(\d+) "}]
    engine.client.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": "bench/printer:1",
            "TrainingInputMode": "File",
            "MetricDefinitions": definitions,
        },
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    while True:
        job = engine.client.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] != "InProgress":
            break
        time.sleep(0.2)
    ended = next(one for one in job["SecondaryStatusTransitions"] if one["Status"] == "Uploading")[
        "StartTime"
    ]
    found = _messages(logs, name, lines + 1)
    late = time.time() - ended.timestamp()
    assert len(found) == lines + 1, len(found)
    assert [line.split(" ", 1)[0] for line in found[:-1]] == [f"step={number}" for number in range(lines)]
    return float(found[-1].removeprefix("took=")), late


def _messages(logs: Any, name: str, wanted: int) -> list[str]:
    deadline = time.monotonic() + 60
    while True:
        found: list[str] = []
        streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
        token: dict[str, str] = {}
        while streams:
            page = logs.get_log_events(
                logGroupName=GROUP,
                logStreamName=streams[0]["logStreamName"],
                startFromHead=True,
                limit=10_000,
                **token,
            )
            found += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token.get("nextToken") or not page["events"]:
                break
            token = {"nextToken": page["nextForwardToken"]}
        if len(found) >= wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=60_000)
    parser.add_argument("--lines-per-s", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as name:
        folder = Path(name)
        (folder / "ministack").mkdir()
        (folder / "code").mkdir()
        program = folder / "code" / "printer.py"
        program.write_text(PROGRAM)
        portion = portion_for(given.lines_per_s)
        images = IMAGES.format(program=program, lines=given.lines, portion=portion)
        images += f"    paths: [{program.parent}]\n"
        with emulator(folder / "ministack") as url:
            boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=BUCKET)
            logs = boto3.client("logs", endpoint_url=url, **KEYS)
            engine = Engine(folder, url, images=images)
            with engine.running():
                as_job(engine, logs, given.lines)
                rounds = [
                    (bare(program, given.lines, portion, folder), *as_job(engine, logs, given.lines))
                    for _ in range(given.rounds)
                ]
    bare_s, job_s, late_s = (statistics.median(values) for values in zip(*rounds, strict=True))
    figures = {
        "lines": given.lines,
        "bare_lines_per_s": given.lines / bare_s,
        "job_lines_per_s": given.lines / job_s,
        "ratio": job_s / bare_s,
        "budget": BUDGET,
        "last_line_after_end_s": late_s,
        "rounds": rounds,
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[1],
    }
    print(json.dumps(figures, indent=1))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
