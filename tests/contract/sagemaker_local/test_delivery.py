"""Logs and metrics as they arrive in CloudWatch: whole, in order, over kills and outages."""

import contextlib
import socket
import textwrap
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import LOG_GROUP, Scenario

pytestmark = pytest.mark.contract

Engines = Callable[..., EngineProcess]


class Cable:
    """Between the engine and the emulator; can be cut and mended."""

    def __init__(self, emulator: str) -> None:
        self._target = ("127.0.0.1", int(emulator.rpartition(":")[2]))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._is_cut = False
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        self._is_cut = True
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._pairs.append((client, server))
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def cable(emulator: str) -> Iterator[Cable]:
    found = Cable(emulator)
    yield found
    found.close()


def start(engine: EngineProcess, scenario: Scenario, code: str, **changes: Any) -> str:
    scenario.put("data/program.py", textwrap.dedent(code).encode())
    request = scenario.training_request(**changes)
    request["AlgorithmSpecification"] |= {
        "ContainerEntrypoint": ["python3", "-u", "/opt/ml/input/data/train/program.py"]
    }
    return str(engine.sagemaker.create_training_job(**request)["TrainingJobArn"])


def all_lines(scenario: Scenario) -> list[str]:
    """Every line of the only stream, page by page."""
    try:
        streams = scenario.logs.describe_log_streams(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{scenario.name}/"
        )["logStreams"]
    except scenario.logs.exceptions.ResourceNotFoundException:
        return []
    lines: list[str] = []
    token: dict[str, str] = {}
    while streams:
        page = scenario.logs.get_log_events(
            logGroupName=LOG_GROUP, logStreamName=streams[0]["logStreamName"], startFromHead=True, **token
        )
        lines += [str(event["message"]) for event in page["events"]]
        if not page["events"] or page["nextForwardToken"] == token.get("nextToken"):
            break
        token = {"nextToken": page["nextForwardToken"]}
    return lines


def statistics(
    emulator: str, namespace: str, metric: str, **dimensions: str
) -> tuple[float, float, float] | None:
    """Number of values, minimum, maximum; None while there is nothing."""
    cloudwatch = boto3.client("cloudwatch", endpoint_url=emulator, **KEYS)
    now = datetime.now(UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=86400,
        Statistics=["SampleCount", "Minimum", "Maximum"],
    )["Datapoints"]
    if not points:
        return None
    return (
        sum(one["SampleCount"] for one in points),
        min(one["Minimum"] for one in points),
        max(one["Maximum"] for one in points),
    )


def test_fast_output_arrives_whole_and_in_order_over_a_kill_of_the_engine(
    own_engine: Engines, scenario: Scenario
) -> None:
    engine = own_engine()
    code = """
        import time
        for part in range(40):
            for number in range(1000):
                print(f"line {part * 1000 + number}")
            time.sleep(0.1)
    """
    start(engine, scenario, code)
    eventually(lambda: len(all_lines(scenario)) > 3000, what="the first lines")
    engine.kill()
    engine.start()
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    expected = [f"line {number}" for number in range(40_000)]
    eventually(lambda: len(all_lines(scenario)) >= 40_000, what="the last line")
    assert all_lines(scenario) == expected


@pytest.mark.slow
def test_an_emulator_that_is_away_holds_up_no_job_and_gets_every_line_once_when_it_is_back(
    own_engine: Engines, scenario: Scenario, cable: Cable
) -> None:
    engine = own_engine(AWS_ENDPOINT_URL=cable.url)
    code = """
        import time
        for number in range(200):
            print(f"line {number}")
            time.sleep(0.02)
    """
    arn = start(engine, scenario, code)
    eventually(lambda: len(all_lines(scenario)) > 20, what="the first lines")
    cable.cut()
    eventually(lambda: not engine.processes_of(arn), what="the process ends while the emulator is away")
    assert len(all_lines(scenario)) < 200
    cable.mend()
    job = scenario.finished(engine)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    eventually(lambda: len(all_lines(scenario)) >= 200, what="the last line")
    assert all_lines(scenario) == [f"line {number}" for number in range(200)]


def test_bad_text_and_huge_lines_arrive_repaired_and_cut(engine: EngineProcess, scenario: Scenario) -> None:
    code = r"""
        import sys
        write = sys.stdout.buffer.write
        write(b"bad \xff\xfe text\n")
        write(b"x" * 300_000 + b"\n")
        write(b"windows\r\n\nlast without an end")
    """
    start(engine, scenario, code)
    assert scenario.finished(engine)["TrainingJobStatus"] == "Completed"
    lines = scenario.log_lines()
    assert lines[0] == "bad \ufffd\ufffd text"
    assert lines[1] == "x" * 256 * 1024 + " [line cut at 256 KiB]"
    assert lines[2:] == ["windows", " ", "last without an end"]


def test_every_value_of_a_metric_reaches_cloudwatch_once(
    own_engine: Engines, scenario: Scenario, emulator: str
) -> None:
    engine = own_engine(SML_METRICS_S="1")
    code = """
        import time
        for number in range(300):
            print(f"loss={number}.5;")
            time.sleep(0.01)
    """
    start(engine, scenario, code)
    eventually(lambda: len(all_lines(scenario)) > 50, what="the first lines")
    engine.kill()
    engine.start()
    job = scenario.finished(engine)
    assert job["FinalMetricDataList"][0]["Value"] == 299.5
    namespace = "/aws/sagemaker/TrainingJobs"

    def found() -> tuple[float, float, float] | None:
        return statistics(emulator, namespace, "loss", TrainingJobName=scenario.name)

    eventually(lambda: (found() or (0,))[0] >= 300, what="all values")
    assert found() == (300, 0.5, 299.5)


def test_what_a_job_uses_of_the_machine_reaches_cloudwatch(
    own_engine: Engines, scenario: Scenario, emulator: str
) -> None:
    engine = own_engine(SML_METRICS_S="0.5")
    code = """
        import time
        end = time.monotonic() + 4
        while time.monotonic() < end:
            pass
    """
    start(engine, scenario, code)
    assert scenario.finished(engine)["TrainingJobStatus"] == "Completed"
    host = f"{scenario.name}/algo-1"
    for metric in ("CPUUtilization", "MemoryUtilization", "DiskUtilization"):
        name = metric
        values = eventually(
            lambda name=name: statistics(emulator, "/aws/sagemaker/TrainingJobs", name, Host=host),  # type: ignore[misc]
            what=metric,
        )
        assert values is not None
        assert values[0] >= 2
        assert 0 < values[2] <= 210


def test_a_worker_is_measured_under_its_endpoint_and_variant(
    own_engine: Engines, scenario: Scenario, emulator: str
) -> None:
    engine = own_engine(SML_METRICS_S="0.5")
    scenario.deploy(engine, count=1)
    engine.sagemaker.create_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-1")
    scenario.in_service(engine)
    dimensions = {"EndpointName": scenario.name, "VariantName": "main"}
    eventually(
        lambda: statistics(emulator, "/aws/sagemaker/Endpoints", "MemoryUtilization", **dimensions),
        what="the endpoint's memory",
    )
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)
