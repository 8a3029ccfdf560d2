"""`bml services …`: what is asked of the API, and what is told of its answers."""

import json
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from openbml_client import Client
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from openbml_client.cli.service_showing import DETAILS
from tests.fakes.described_api import DescribedApi

SERVICE = "/v1/services/projects/{project_id}/services/{service_id}"
FOUND = {
    "service_id": 5,
    "name": "gestures",
    "state": "running",
    "traffic": {"challenger_share": 20, "sticky": False, "shadow": True},
    "recording": {"mode": "sampled", "percent": 7, "keep_inputs": False},
}


@pytest.fixture
def reply(api: DescribedApi) -> DescribedApi:
    api.say("GET /projects/{project_id}/models", {"items": [{"model_id": 3, "name": "gestures"}]})
    api.say("GET /projects/{project_id}/services", {"items": [FOUND]})
    return api


def run(client: Client, *words: str) -> Result:
    with commands_call_with(client):
        return CliRunner().invoke(build_app(), ["services", *words])


@pytest.mark.parametrize(
    ("words", "call", "body"),
    [
        ("change gestures --model-version 2", f"PATCH {SERVICE}", {"model_version": 2}),
        (
            "scale gestures --compute-units 2 --instances 3",
            f"PATCH {SERVICE}",
            {"compute_units": 2, "instances": 3},
        ),
        ("wake gestures", f"POST {SERVICE}/wake", {}),
        ("stop gestures", f"POST {SERVICE}/stop", {}),
        ("restart gestures", f"POST {SERVICE}/restart", {}),
        (
            "challenger add gestures --model-version 2 --share 20",
            f"POST {SERVICE}/challenger",
            {"model_version": 2, "share": 20, "compute_units": 1, "instances": 2},
        ),
        ("challenger change gestures --variant int8", f"PATCH {SERVICE}/challenger", {"variant": "int8"}),
        ("challenger remove gestures", f"DELETE {SERVICE}/challenger", None),
        ("challenger promote gestures --yes", f"POST {SERVICE}/challenger/promote", {}),
        (
            "traffic gestures --share 50 --sticky",
            f"PUT {SERVICE}/traffic",
            {"challenger_share": 50, "sticky": True, "shadow": True},
        ),
        (
            'sleep-policy set gestures --idle-minutes 30 --while-asleep ticket --prewarm "50 7 * * 1-5"',
            f"PUT {SERVICE}/sleep-policy",
            {
                "idle_minutes": 30,
                "while_asleep": "ticket",
                "prewarm": [{"cron": "50 7 * * 1-5", "time_zone": "Asia/Shanghai"}],
            },
        ),
        ("sleep-policy remove gestures", f"DELETE {SERVICE}/sleep-policy", None),
        (
            "recording gestures --keep-inputs",
            f"PUT {SERVICE}/recording",
            {"mode": "sampled", "percent": 7, "keep_inputs": True},
        ),
        ("delete gestures --yes", f"DELETE {SERVICE}", None),
    ],
)
def test_a_command_is_one_call(client: Client, reply: DescribedApi, words: str, call: str, body: Any) -> None:
    result = run(client, *json_words(words))

    assert result.exit_code == 0, result.output
    assert (body or None) in [
        sent or None for made, sent in zip(reply.calls, reply.bodies, strict=True) if made == call
    ]


def json_words(text: str) -> list[str]:
    parts = text.split('"')
    return [word for place, part in enumerate(parts) for word in ([part] if place % 2 else part.split())]


def test_times_of_a_policy_are_sent_with_their_offset(client: Client, reply: DescribedApi) -> None:
    words = (
        "sleep-policy set gestures --idle-minutes 5 --starts-at 2027-01-01 --ends-at 2027-02-01T08:00:00+0800"
    )
    result = run(client, *words.split())

    assert result.exit_code == 0, result.output
    policy = reply.bodies[-1]
    assert policy["starts_at"][:11] == "2027-01-01T"
    assert policy["starts_at"][-6] in "+-"


@pytest.mark.parametrize("chosen", [["--without-machines"], ["--instances", "3"]])
def test_machines_are_chosen_now_or_later(client: Client, reply: DescribedApi, chosen: list[str]) -> None:
    result = run(client, "deploy", "gestures", "--model", "gestures", "--suffix", "gestures", *chosen)

    assert result.exit_code == 0, result.output
    body = next(sent for sent in reply.bodies if sent and "suffix" in sent)
    expected = (None, None) if chosen == ["--without-machines"] else (1, 3)
    assert (body["compute_units"], body["instances"]) == expected


def test_a_second_version_is_waited_for_and_its_failure_told(client: Client, reply: DescribedApi) -> None:
    failure = {"fault": "platform", "message": "no room"}
    states = iter(["deploying", "deploying", "failed"])

    def current(_: httpx.Request) -> Any:
        return {**FOUND, "challenger": {"model_version": 2, "state": next(states), "failure": failure}}

    reply.say("GET /services/{service_id}", current)

    result = run(client, "challenger", "add", "gestures", "--model-version", "2")

    assert result.exit_code != 0
    assert "the first goes on: no room" in f"{result.output}{result.exception}"


@pytest.mark.parametrize("words", [["change"], ["scale"], ["traffic"], ["recording"]])
def test_a_change_of_nothing_is_refused_before_anything_is_asked(
    client: Client, reply: DescribedApi, words: list[str]
) -> None:
    assert run(client, *words, "gestures").exit_code != 0
    assert not any(call.split()[0] in ("PATCH", "PUT") for call in reply.calls)


def test_details_tell_both_versions_their_shares_and_the_policy() -> None:
    second = {"model_version": 2, "state": "running", "compute_units": 1, "instances": 2}
    service = {
        **FOUND,
        "compute_units": None,
        "instances": None,
        "challenger": {**second, "price_per_hour": "0.8"},
        "sleep_policy": {
            "state": "active",
            "idle_minutes": 30,
            "prewarm": [{"cron": "0 8 * * *", "time_zone": "Asia/Shanghai"}],
        },
        "actions": ["details", "stop"],
        "model_id": 3,
        "model_version": 1,
    }
    told = {title: value(json.loads(json.dumps(service))) for title, value in DETAILS}

    assert told["Units × instances"] == "none yet"
    assert told["Second version"] == "V2 running, 1 × 2, 0.8 CNY/hour"
    assert told["Calls"] == "80 % first version, 20 % second, shadow"
    assert told["Sleep policy"] == "active: after 30 idle minutes, awake at 0 8 * * * (Asia/Shanghai)"
    assert told["Records"] == "sampled 7 %"
    assert told["You may"] == "details, stop"
