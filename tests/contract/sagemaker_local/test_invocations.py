"""InvokeEndpoint: errors, limits, headers, the wire itself, and the metrics that tell of it."""

import contextlib
import json
import math
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def served(engine: EngineProcess, emulator: str, event_queue: str) -> Iterator[Scenario]:
    scenario = Scenario(emulator, event_queue, "invoking")
    scenario.serve(engine)
    yield scenario
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


class Wire:
    """A caller that writes its bytes itself."""

    def __init__(self, engine: EngineProcess) -> None:
        port = int(engine.url.rsplit(":", 1)[1])
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._file = self._socket.makefile("rb")

    def send(self, content: bytes) -> None:
        self._socket.sendall(content)

    def no_more(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def reply(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self._file.readline().split()[1])
        headers: dict[str, str] = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().strip().partition(": ")
            headers[name.lower()] = value
        if status == 100:
            return status, headers, b""
        return status, headers, self._file.read(int(headers["content-length"]))

    def is_closed(self) -> bool:
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def wire(engine: EngineProcess) -> Iterator[Wire]:
    with contextlib.closing(Wire(engine)) as found:
        yield found


def request(endpoint: str, body: bytes = b"hello", *lines: str, framing: str | None = None) -> bytes:
    framing = f"Content-Length: {len(body)}" if framing is None else framing
    head = (f"POST /endpoints/{endpoint}/invocations HTTP/1.1", "Host: x", *lines, framing, "", "")
    return "\r\n".join(head).encode() + body


def error_of(engine: EngineProcess, endpoint: str, body: bytes, **more: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        engine.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **more)
    return dict(caught.value.response)


# -- errors ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [302, 400, 404, 429, 500, 503])
def test_any_answer_but_success_is_a_model_error_that_names_the_log(
    engine: EngineProcess, served: Scenario, status: int
) -> None:
    error = error_of(engine, served.name, b"status %d" % status)
    assert error["Error"]["Code"] == "ModelError"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert error["OriginalStatusCode"] == status
    assert error["OriginalMessage"] == "as you wish"
    assert error["LogStreamArn"].endswith(":log-group:/aws/sagemaker/Endpoints/invoking")
    assert f"({status}) from primary" in error["Error"]["Message"]


def test_a_slow_model_is_a_model_error_with_original_status_zero(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine(SML_INVOCATION_TIMEOUT_S="0.5")
    scenario.serve(engine)
    error = error_of(engine, scenario.name, b"wait 20")
    assert error["Error"]["Code"] == "ModelError"
    assert error["OriginalStatusCode"] == 0
    assert "timed out" in error["Error"]["Message"]
    assert scenario.invoke(engine)["body"] == "hello"


def test_a_container_that_dies_under_a_request_costs_this_request_only(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.serve(engine, count=2)
    error = error_of(engine, scenario.name, b"die")
    assert (error["Error"]["Code"], error["OriginalStatusCode"]) == ("ModelError", 0)
    assert {scenario.invoke(engine)["body"] for _ in range(20)} == {"hello"}
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_without_a_healthy_instance_the_service_is_unavailable(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scenario.serve(engine)
    error_of(engine, scenario.name, b"die")
    codes = []

    def unavailable_then_served() -> bool:
        try:
            scenario.invoke(engine)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
            return False
        return True

    eventually(unavailable_then_served, what="the instance is replaced")
    assert set(codes) <= {"ServiceUnavailable"}
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_a_body_above_the_limit_is_refused_before_the_container_sees_it(
    engine: EngineProcess, served: Scenario
) -> None:
    limit = 25 * 1024 * 1024
    assert scenario_size(engine, served, b"x" * limit) == limit
    error = error_of(engine, served.name, b"x" * (limit + 1))
    assert error["Error"]["Code"] == "ValidationError"
    assert str(limit) in error["Error"]["Message"]
    assert served.invoke(engine)["body"] == "hello"


def scenario_size(engine: EngineProcess, scenario: Scenario, body: bytes) -> int:
    return int(scenario.invoke(engine, body)["size"])


@pytest.mark.parametrize(
    ("member", "value", "text"),
    [
        ("TargetContainerHostname", "second", "Direct mode"),
        ("TargetModel", "a.tar.gz", "multi-model"),
        ("EnableExplanations", "`true`", "no explainer"),
        ("TargetVariant", "nobody", "Variant nobody not found"),
        ("CustomAttributes", "x" * 1025, "less than or equal to 1024"),
    ],
)
def test_what_the_endpoint_does_not_have_is_refused_with_a_reason(
    engine: EngineProcess, served: Scenario, member: str, value: str, text: str
) -> None:
    with pytest.raises(ClientError, match=text) as caught:
        served.invoke(engine, **{member: value})
    assert caught.value.response["Error"]["Code"] == "ValidationError"


# -- headers and bodies ------------------------------------------------------------------


def test_only_the_headers_of_the_contract_reach_the_container(engine: EngineProcess, wire: Wire) -> None:
    lines = (
        "Content-Type: text/csv",
        "ACCEPT: text/plain",
        "x-amzn-sagemaker-custom-attributes: trace=1",
        "X-Amzn-SageMaker-Inference-Id: my-id",
        "X-Amzn-SageMaker-Session-Id: NEW_SESSION",
        "X-Secret: s3cret",
        "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sagemaker/aws4_request",
        "Cookie: a=b",
        "User-Agent: someone",
        "Accept-Encoding: gzip",
    )
    wire.send(request("invoking", b"headers", *lines))
    status, headers, body = wire.reply()
    assert status == 200
    assert headers["x-amzn-invoked-production-variant"] == "main"
    assert headers["x-amzn-sagemaker-custom-attributes"] == "seen"
    seen = json.loads(body)
    del seen["Host"]
    assert seen == {
        "Content-Type": "text/csv",
        "Accept": "text/plain",
        "Content-Length": "7",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        "X-Amzn-SageMaker-Inference-Id": "my-id",
        "X-Amzn-SageMaker-Session-Id": "NEW_SESSION",
    }


@pytest.mark.usefixtures("served")
class TestTheWire:
    def test_requests_sent_ahead_are_answered_in_order(self, wire: Wire) -> None:
        wire.send(b"".join(request("invoking", b"number %d" % number) for number in range(20)))
        bodies = [json.loads(wire.reply()[2])["body"] for _ in range(20)]
        assert bodies == [f"number {number}" for number in range(20)]

    def test_a_body_may_be_chunked(self, wire: Wire) -> None:
        chunks = b"3\r\nhel\r\n2;ext=1\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"
        for _ in range(2):
            wire.send(request("invoking", chunks, framing="Transfer-Encoding: chunked"))
            assert json.loads(wire.reply()[2])["body"] == "hello"

    def test_a_request_may_come_byte_by_byte(self, wire: Wire) -> None:
        for byte in request("invoking"):
            wire.send(bytes([byte]))
        assert json.loads(wire.reply()[2])["body"] == "hello"

    def test_a_caller_that_waits_for_100_continue_gets_it(self, wire: Wire) -> None:
        head, body = request("invoking", b"hello", "Expect: 100-continue").split(b"\r\n\r\n")
        wire.send(head + b"\r\n\r\n")
        assert wire.reply()[0] == 100
        wire.send(body)
        assert json.loads(wire.reply()[2])["body"] == "hello"

    def test_a_caller_that_waits_for_100_continue_is_refused_before_it_sends_too_much(
        self, wire: Wire
    ) -> None:
        lines = ("Expect: 100-continue",)
        wire.send(request("invoking", b"", *lines, framing="Content-Length: 99000000"))
        status, headers, _ = wire.reply()
        assert (status, headers["x-amzn-errortype"]) == (400, "ValidationError")
        assert wire.is_closed()

    def test_a_chunked_body_above_the_limit_is_refused(self, wire: Wire) -> None:
        size = 26 * 1024 * 1024
        wire.send(request("invoking", b"%x\r\n" % size, framing="Transfer-Encoding: chunked"))
        wire.send(b"x" * size + b"\r\n0\r\n\r\n")
        assert wire.reply()[1]["x-amzn-errortype"] == "ValidationError"
        wire.send(request("invoking"))
        assert wire.reply()[0] == 200

    def test_an_own_wish_to_close_is_granted(self, wire: Wire) -> None:
        wire.send(request("invoking", b"hello", "Connection: close"))
        assert wire.reply()[1]["connection"] == "close"
        assert wire.is_closed()

    def test_a_caller_that_has_said_all_still_gets_its_answer(self, wire: Wire) -> None:
        wire.send(request("invoking", b"wait 0.2"))
        wire.no_more()
        assert wire.reply()[0] == 200
        assert wire.is_closed()

    @pytest.mark.parametrize(
        ("content", "status"),
        [
            (request("invoking", b"", framing="Content-Length: 5\r\nContent-Length: 6"), 400),
            (request("invoking", b"", framing="Content-Length: -1"), 400),
            (request("invoking", b"", framing="Content-Length: 5\r\nTransfer-Encoding: chunked"), 400),
            (request("invoking", b"", framing="Transfer-Encoding: gzip"), 400),
            (request("invoking", b"zz\r\n", framing="Transfer-Encoding: chunked"), 400),
            (request("invoking", b"", "Bad Header : x"), 400),
            (request("invoking", b"", "X-Long: " + "x" * 70_000), 431),
        ],
    )  # fmt: skip
    def test_what_is_not_http_is_refused_and_ends_the_connection(
        self, engine: EngineProcess, wire: Wire, content: bytes, status: int
    ) -> None:
        wire.send(content)
        assert wire.reply()[0] == status
        assert wire.is_closed()
        with contextlib.closing(Wire(engine)) as other:
            other.send(request("invoking"))
            assert other.reply()[0] == 200

    def test_callers_that_break_off_leave_nothing_behind(self, engine: EngineProcess) -> None:
        for content in (b"PO", request("invoking")[:-3], request("invoking", b"wait 0.3")):
            with contextlib.closing(Wire(engine)) as gone:
                gone.send(content)
        with contextlib.closing(Wire(engine)) as other:
            other.send(request("invoking"))
            assert other.reply()[0] == 200

    def test_one_connection_may_carry_both_apis(self, wire: Wire) -> None:
        wire.send(request("invoking"))
        assert wire.reply()[0] == 200
        wire.send(b"GET /_local/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert json.loads(wire.reply()[2])["status"] == "ok"
        wire.send(request("invoking"))
        assert json.loads(wire.reply()[2])["body"] == "hello"

    @pytest.mark.parametrize("path", ["invoking/nothing", "/invocations", "a/b/c", "", "%00/invocations"])
    def test_an_address_that_is_no_operation_is_an_error_and_no_fault(self, wire: Wire, path: str) -> None:
        wire.send(f"POST /endpoints/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert wire.reply()[0] in (400, 404)


# -- traffic -----------------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_calls_follow_the_weights(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.deploy(engine, "1", count=1)
    name = scenario.name
    weights = {"a": 1.0, "b": 3.0, "c": 6.0}
    variants = [
        {"VariantName": variant, "ModelName": f"{name}-1", "InitialInstanceCount": 1,
         "InstanceType": "ml.m5.large", "InitialVariantWeight": weight}
        for variant, weight in weights.items()
    ]  # fmt: skip
    engine.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    engine.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    scenario.in_service(engine)
    calls, ahead = 10_000, 50
    seen: Counter[str] = Counter()
    with contextlib.closing(Wire(engine)) as wire:
        for _ in range(calls // ahead):
            wire.send(request(name, b"x") * ahead)
            seen.update(wire.reply()[1]["x-amzn-invoked-production-variant"] for _ in range(ahead))
    for variant, weight in weights.items():
        share = weight / 10
        sigma = math.sqrt(calls * share * (1 - share))
        assert abs(seen[variant] - calls * share) < 3.9 * sigma, seen  # 3 sigma would fail 1 run in 125
    engine.sagemaker.delete_endpoint(EndpointName=name)


def test_an_update_under_load_fails_no_call(engine: EngineProcess, scenario: Scenario) -> None:
    scenario.serve(engine, count=2)
    scenario.deploy(engine, "2", count=2)
    versions: list[str] = []
    problems: list[object] = []
    done = threading.Event()

    def call() -> None:
        with contextlib.closing(Wire(engine)) as wire:
            while not done.is_set():
                wire.send(request(scenario.name))
                status, _, body = wire.reply()
                if status == 200:
                    versions.append(json.loads(body)["version"])
                else:
                    problems.append(body)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    engine.sagemaker.update_endpoint(EndpointName=scenario.name, EndpointConfigName=f"{scenario.name}-2")
    scenario.in_service(engine)
    eventually(lambda: versions[-100:] == ["2"] * 100, what="the new version answers alone")
    done.set()
    for caller in callers:
        caller.join()
    assert not problems
    assert {"1", "2"} == set(versions)
    engine.sagemaker.delete_endpoint(EndpointName=scenario.name)


def test_calls_in_progress_end_before_the_engine_does(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    engine = own_engine()
    scenario.serve(engine)
    with contextlib.closing(Wire(engine)) as wire:
        wire.send(request(scenario.name, b"wait 1.5"))
        eventually(lambda: scenario.invoke(engine), what="the engine has read the call before this one")
        engine.stop()
        status, headers, _ = wire.reply()
    assert (status, headers["connection"]) == (200, "close")
    engine.start()


def test_metrics_tell_of_calls_errors_and_latencies(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, emulator: str
) -> None:
    engine = own_engine(SML_TRAFFIC_METRICS_S="0.5")
    scenario.serve(engine, count=2)
    for body in (b"hello", b"hello", b"status 404", b"status 500", b"wait 0.2"):
        with contextlib.suppress(ClientError):
            scenario.invoke(engine, body)
    cloudwatch = boto3.client("cloudwatch", endpoint_url=emulator, **KEYS)
    dimensions = [
        {"Name": "EndpointName", "Value": scenario.name},
        {"Name": "VariantName", "Value": "main"},
    ]

    def statistics(name: str) -> dict[str, float]:
        now = datetime.now(UTC)
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker", MetricName=name, Dimensions=dimensions,
            StartTime=now - timedelta(minutes=10), EndTime=now + timedelta(minutes=1), Period=3600,
            Statistics=["Sum", "Maximum", "SampleCount"],
        )["Datapoints"]  # fmt: skip
        return {
            "sum": sum(point["Sum"] for point in points),
            "max": max((point["Maximum"] for point in points), default=0.0),
            "count": sum(point["SampleCount"] for point in points),
        }

    eventually(lambda: statistics("Invocations")["sum"] == 5, what="five invocations")
    assert statistics("InvocationsPerInstance")["sum"] == 2.5
    assert statistics("Invocation4XXErrors") == {"sum": 1, "max": 1, "count": 5}
    assert statistics("Invocation5XXErrors")["sum"] == 1
    assert statistics("InvocationModelErrors")["sum"] == 2
    assert 200_000 <= statistics("ModelLatency")["max"] < 60_000_000
    assert 0 < statistics("OverheadLatency")["max"] < 60_000_000
