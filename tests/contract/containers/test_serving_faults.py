"""What the serving image's server does when computing goes wrong: failures, hangs, too much to do."""

import http.client
import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.containers.environments import ROOT, Server, ping, serving
from tests.contract.containers.prediction_bodies import INVALID_ARGUMENT, JSON_INVALID
from tests.contract.containers.running_http_server import RawClient, request, wait_until

pytestmark = pytest.mark.contract

PROGRAM = ROOT / "tests" / "contract" / "containers" / "faulty_serving.py"
INTERNAL = {"error_code": 336000, "error_msg": "Internal error"}
UNAVAILABLE = {"error_code": 336100, "error_msg": "model temporarily unavailable"}
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("faulty"), PROGRAM, SML_NUM_CPUS="2") as running:
        yield running


def sent(**document: object) -> bytes:
    return json.dumps(document).encode()


def metric(server: Server, name: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return next(
        float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"openbml_serving_{name} ")
    )


@pytest.mark.parametrize("slow", [False, True])
class TestFailures:
    def test_a_task_that_raises_is_an_internal_error_and_its_text_stays_here(
        self, server: Server, slow: bool
    ) -> None:
        assert server.post(sent(do="raise", slow=slow)) == INTERNAL
        assert server.post(sent(tell="me", slow=slow))["told"] == "me"

    def test_memory_that_is_not_there_is_an_internal_error(self, server: Server, slow: bool) -> None:
        assert server.post(sent(do="exhaust", slow=slow)) == INTERNAL
        assert server.post(sent(tell="me", slow=slow))["told"] == "me"

    def test_requests_that_are_computed_with_a_failing_one_have_their_answers(
        self, server: Server, slow: bool
    ) -> None:
        with RawClient(server.port) as first, RawClient(server.port) as second:
            first.send(request("/invocations", sent(do="raise", slow=slow), JSON))
            second.send(request("/invocations", sent(tell=2, slow=slow), JSON))
            assert json.loads(first.answer().body) == INTERNAL
            assert json.loads(second.answer().body)["told"] == 2


class TestOddRequests:
    @pytest.mark.parametrize("opening", [b"[", b'{"a":'])
    def test_deep_json_is_told_to_be_invalid(self, server: Server, opening: bytes) -> None:
        assert server.post(opening * 100_000) == JSON_INVALID

    def test_deep_json_that_is_answered_is_an_internal_error(self, server: Server) -> None:
        deep = b'{"tell":' + b"[" * 800 + b"]" * 800 + b"}"
        assert server.post(deep) == INTERNAL

    @settings(max_examples=200, deadline=None)
    @given(st.binary(max_size=300), st.sampled_from(["application/json", "text/plain", "", "a;b;c"]))
    def test_every_body_is_answered_as_the_manual_says(
        self, server: Server, body: bytes, content_type: str
    ) -> None:
        with RawClient(server.port) as client:
            answer = client.ask(request("/invocations", body, f"Content-Type: {content_type}"))
        assert answer.status == 200
        assert set(json.loads(answer.body)) in ({"error_code", "error_msg"}, {"told", "alone"})

    def test_paths_and_methods_that_are_not_there(self, server: Server) -> None:
        with RawClient(server.port) as client:
            assert client.ask(request("/elsewhere")).status == 404
            refused = client.ask(request("/ping"))
            assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


class TestTurns:
    def test_one_request_has_all_cores_and_two_have_one_each(self, server: Server) -> None:
        assert server.post(sent(slow=True))["alone"]
        with ThreadPoolExecutor(2) as clients:
            both = [sent(do="hang", seconds=0.5, slow=True)] * 2
            answers = list(clients.map(server.post, both))
        assert sum(answer["alone"] for answer in answers) <= 1

    def test_the_server_is_there_while_both_workers_compute(self, server: Server, tmp_path: Path) -> None:
        end = tmp_path / "end"
        with RawClient(server.port) as first, RawClient(server.port) as second:
            for client in (first, second):
                client.send(request("/invocations", sent(do="wait", until=str(end), slow=True), JSON))
            assert ping(server.port) == 200
            assert server.post(sent(tell="quick"))["told"] == "quick"
            end.touch()
            assert {client.answer().status for client in (first, second)} == {200}

    def test_more_than_can_be_waited_for_is_refused_at_once(self, tmp_path: Path) -> None:
        slow = sent(do="hang", seconds=0.4, slow=True)
        with (
            serving(tmp_path, PROGRAM, SML_NUM_CPUS="1", OPENBML_SERVING_MAX_WAIT_S="1") as running,
            ThreadPoolExecutor(12) as clients,
        ):
            assert running.post(slow)["told"] is None
            started = time.monotonic()
            answers = list(clients.map(lambda _: timed_post(running, slow, started), range(12)))
        refused = [seconds for answer, seconds in answers if answer == UNAVAILABLE]
        assert 4 <= len(refused) < 12
        assert max(refused) < 3

    def test_clients_that_left_hold_nobody_up(self, tmp_path: Path) -> None:
        with serving(tmp_path, PROGRAM, SML_NUM_CPUS="1") as running:
            for _ in range(200):  # more than may wait
                with RawClient(running.port) as client:
                    client.send(request("/invocations", sent(do="hang", seconds=1, slow=True), JSON))
            started = time.monotonic()
            assert running.post(sent(tell="me", slow=True))["told"] == "me"
            assert time.monotonic() - started < 8


def timed_post(server: Server, body: bytes, started: float) -> tuple[dict[str, Any], float]:
    answer = server.post(body)
    return answer, time.monotonic() - started


class TestHangs:
    def test_an_inference_that_hangs_is_answered_and_the_server_unhealthy_until_it_returns(
        self, tmp_path: Path
    ) -> None:
        limits = {"OPENBML_SERVING_HANG_TIMEOUT_S": "0.5", "OPENBML_SERVING_RECOVERY_TIMEOUT_S": "60"}
        with serving(tmp_path, PROGRAM, SML_NUM_CPUS="2", **limits) as running:
            end = tmp_path / "end"
            assert running.post(sent(do="wait", until=str(end), slow=True)) == INTERNAL
            assert ping(running.port) == 0  # it is 503
            assert metric(running, "healthy") == 0
            assert running.post(sent(tell="other", slow=True))["told"] == "other"
            end.touch()
            wait_until(lambda: ping(running.port) == 200)

    def test_an_inference_that_never_returns_ends_the_process(self, tmp_path: Path) -> None:
        limits = {"OPENBML_SERVING_HANG_TIMEOUT_S": "0.5", "OPENBML_SERVING_RECOVERY_TIMEOUT_S": "3"}
        with serving(tmp_path, PROGRAM, SML_NUM_CPUS="1", **limits) as running:
            assert running.post(sent(do="hang", seconds=600, slow=True)) == INTERNAL
            assert running.post(sent(slow=True)) == UNAVAILABLE
            assert running.process.wait(20) == 1
            assert running.process.stderr is not None
            assert "faulty_serving.py" in running.process.stderr.read()  # where it hung

    def test_a_loop_that_hangs_ends_the_process(self, tmp_path: Path) -> None:
        limits = {"OPENBML_SERVING_HANG_TIMEOUT_S": "1.5", "OPENBML_SERVING_RECOVERY_TIMEOUT_S": "1.5"}
        with serving(tmp_path, PROGRAM, **limits) as running, RawClient(running.port) as client:
            client.send(request("/invocations", sent(do="hang", seconds=600), JSON))
            assert running.process.wait(10) != 0


class TestEnd:
    def test_what_is_computed_and_what_waits_is_answered_before_the_end(self, tmp_path: Path) -> None:
        end = tmp_path / "end"
        with serving(tmp_path, PROGRAM, SML_NUM_CPUS="1") as running, ExitStack() as stack:
            clients = [stack.enter_context(RawClient(running.port)) for _ in range(3)]
            for client in clients:
                client.send(request("/invocations", sent(do="wait", until=str(end), slow=True), JSON))
            wait_until(lambda: metric(running, "waiting") == 2)
            running.process.send_signal(signal.SIGTERM)
            end.touch()
            answers = [client.answer() for client in clients]
            assert [json.loads(answer.body)["told"] for answer in answers] == [None] * 3
            assert {answer.headers["connection"] for answer in answers} == {"close"}
            assert running.process.wait(10) == 0


def test_a_setting_that_cannot_be_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="serve ended with 1"),
        serving(tmp_path, PROGRAM, OPENBML_SERVING_MAX_WAIT_S="never"),
    ):
        pytest.fail("it served")


def test_odd_bodies_have_the_manuals_errors(server: Server) -> None:
    assert server.post(b"[1]") == INVALID_ARGUMENT
    assert server.post(b"{}", "text/plain") == INVALID_ARGUMENT
