"""`bml services logs` and `bml models performance`."""

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from openbml_client import Client
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from openbml_client.cli.service_logs import new_lines
from tests.fakes.described_api import DescribedApi

LOGS = "GET /services/{service_id}/logs"
PERFORMANCE = "/v1/services/projects/{project_id}/performance"
POINTS = [
    {"compute_units": 1, "latency_ms": 20.0, "qps": 50.0, "measured": True},
    {"compute_units": 2, "latency_ms": 12.5, "qps": 91.0, "measured": False},
]


def line(number: int) -> dict[str, Any]:
    at = f"2026-03-01T12:00:0{number}Z"
    return {"id": f"line{number}", "at": at, "instance": "main/i-1", "text": f"text {number}"}


@pytest.fixture
def reply(api: DescribedApi) -> DescribedApi:
    api.say("GET /projects/{project_id}/services", {"items": [{"service_id": 5, "name": "digits"}]})
    api.say("GET /projects/{project_id}/models", {"items": [{"model_id": 3, "name": "digits"}]})
    return api


def invoke(client: Client, *words: str) -> Result:
    with commands_call_with(client):
        return CliRunner().invoke(build_app(), list(words))


def test_the_newest_lines_are_printed_in_the_order_of_time(client: Client, reply: DescribedApi) -> None:
    reply.say(LOGS, {"items": [line(1), line(2)], "next_cursor": "c"})
    result = invoke(client, "services", "logs", "digits", "--limit", "2")
    assert result.exit_code == 0, result.output
    assert result.output.index("text 1") < result.output.index("text 2")


def test_programs_get_the_lines_as_they_are(client: Client, reply: DescribedApi) -> None:
    reply.say(LOGS, {"items": [line(1)], "next_cursor": None})
    result = invoke(client, "services", "logs", "digits", "--json")
    assert json.loads(result.stdout) == [line(1)]


def test_all_lines_are_read_backwards_by_pages(client: Client, reply: DescribedApi) -> None:
    def page(request: httpx.Request) -> dict[str, Any]:
        first = "cursor" not in request.url.params
        return {
            "items": [line(2), line(3)] if first else [line(1)],
            "next_cursor": "older" if first else None,
        }

    reply.say(LOGS, page)
    project = client.project(1)
    assert [row["id"] for row in project.service_logs.backwards(5)] == ["line3", "line2", "line1"]


def test_following_tells_each_line_once_late_ones_too() -> None:
    reads = iter([[line(1), line(2)], [line(2), line(4)], [line(3), line(4), line(5)]])
    pauses: list[float] = []
    told = new_lines(lambda: next(reads), first=1, sleep=pauses.append)
    assert [next(told)["id"] for _ in range(4)] == ["line2", "line4", "line3", "line5"]
    assert len(pauses) == 2


def test_a_version_is_measured_and_its_curve_and_estimate_shown(client: Client, reply: DescribedApi) -> None:
    estimate = {"compute_units": 2, "instances": 3, "latency_ms": 12.5, "qps": 273.0, "measured": False}
    reply.say(f"POST {PERFORMANCE}", {"state": "measuring"})
    reply.say(f"GET {PERFORMANCE}", {"state": "ready", "points": POINTS, "estimate": estimate})
    words = ["models", "performance", "digits", "1", "--compute-units", "2", "--instances", "3"]
    result = invoke(client, *words)
    assert result.exit_code == 0, result.output
    assert "measured" in result.stdout
    assert "foretold" in result.stdout
    assert "273 calls per second" in result.output
    assert reply.bodies[-3] == {"model_id": 3, "model_version": 1, "variant": "fp32"}


def test_a_measurement_that_failed_says_why(client: Client, reply: DescribedApi) -> None:
    failure = {"fault": "platform", "message": "no machine"}
    reply.say(f"POST {PERFORMANCE}", {"state": "measuring"})
    reply.say(f"GET {PERFORMANCE}", {"state": "none", "failure": failure})
    result = invoke(client, "models", "performance", "digits", "1")
    assert result.exit_code != 0
    assert "no machine" in f"{result.output}{result.exception}"


def test_a_version_without_a_curve_says_which_have_one(client: Client, reply: DescribedApi) -> None:
    reply.say(f"POST {PERFORMANCE}", {"state": "unsupported", "points": [], "estimate": None})
    result = invoke(client, "models", "performance", "digits", "1")
    assert "preset-model tuning" in result.output


def test_half_an_estimate_is_refused(client: Client, reply: DescribedApi) -> None:
    result = invoke(client, "models", "performance", "digits", "1", "--compute-units", "2")
    assert result.exit_code != 0
    assert reply.calls == []
