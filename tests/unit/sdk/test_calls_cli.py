"""The commands about calls (`bml services calls`, … and `bml trace`), against the described API."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from openbml_client import Client
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from tests.fakes.described_api import DescribedApi

LOG_ID = "1390582998516105216"
BASE = "/v1/services/projects/{project_id}"
CALL = {
    "log_id": LOG_ID,
    "service_id": 5,
    "app_id": 9,
    "at": "2026-03-01T12:00:00Z",
    "error_code": None,
    "duration_ms": 41,
    "role": "main",
    "model_version": 2,
    "waited_ms": 0,
    "labels": ["helmet"],
    "kept": True,
}


@pytest.fixture
def reply(api: DescribedApi) -> DescribedApi:
    api.say("GET /projects/{project_id}/services", {"items": [{"service_id": 5, "name": "helmets"}]})
    api.say("GET /services/{service_id}/calls", {"items": [CALL]})
    api.say("GET /calls/{log_id}", {**CALL, "feedback": {"correct": False, "expected": ["no_helmet"]}})
    return api


def invoke(client: Client, *words: str) -> Result:
    with commands_call_with(client):
        return CliRunner().invoke(build_app(), list(words))


def test_calls_are_listed_with_every_digit_of_their_ids(client: Client, reply: DescribedApi) -> None:
    result = invoke(client, "services", "calls", "helmets", "--failed", "--from", "2026-03-01", "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.output)[0]["log_id"] == LOG_ID
    assert reply.calls[-1] == f"GET {BASE}/services/{{service_id}}/calls"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["services", "call", LOG_ID], "wrong, expected no_helmet"),
        (["services", "usage", "helmets", "--from", "2026-02-01"], "Calls"),
        (["services", "metrics", "helmets", "--minutes", "5"], "p95 ms"),
        (["services", "compare", "helmets"], "Too few calls"),
        (["services", "snippets", "helmets", "--language", "text"], "text"),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else "",
)
def test_commands_show_what_the_api_answers(
    client: Client, reply: DescribedApi, words: list[str], shown: str
) -> None:
    result = invoke(client, *words)

    assert result.exit_code == 0, result.output
    assert shown in result.output


def test_feedback_is_given_and_what_was_sent_goes_to_a_dataset(client: Client, reply: DescribedApi) -> None:
    reply.say("GET /projects/{project_id}/datasets", {"items": [{"dataset_id": 7, "name": "helmets"}]})

    result = invoke(
        client,
        *("services", "feedback", "helmets", LOG_ID, "--wrong", "--expected", "no_helmet"),
        *("--dataset", "helmets"),
    )

    assert result.exit_code == 0, result.output
    said, imported = reply.bodies[-3], reply.bodies[-1]
    assert said == {"correct": False, "expected": ["no_helmet"]}
    assert imported == {"log_ids": [LOG_ID], "dataset_id": 7, "version_number": 1}


@pytest.mark.parametrize("words", [[LOG_ID], ["12x", "--wrong"], ["-1", "--correct"]])
def test_feedback_without_a_word_or_about_no_call_is_refused(
    client: Client, reply: DescribedApi, words: list[str]
) -> None:
    result = invoke(client, "services", "feedback", "helmets", *words)

    assert result.exit_code != 0
    assert not any(call.startswith("PUT") for call in reply.calls)


def test_snippets_are_written_into_a_folder(client: Client, reply: DescribedApi, tmp_path: Path) -> None:
    programs = [{"language": "curl", "file_name": "predict.sh", "text": "curl …\n"}]
    reply.say("GET /services/{service_id}/snippets", {"items": programs})

    result = invoke(client, "services", "snippets", "helmets", "--folder", str(tmp_path / "calls"))

    assert result.exit_code == 0, result.output
    assert (tmp_path / "calls" / "predict.sh").read_text(encoding="utf-8") == "curl …\n"


def test_an_answer_is_traced_back_to_its_data(client: Client, reply: DescribedApi) -> None:
    lineage: dict[str, Any] = {
        "snapshot_id": "5f",
        "dataset_versions": [{"dataset_id": 7, "version_number": 3, "revision": 4}],
        "code_digest": "sha256:code",
        "image_digest": "sha256:image",
    }
    reply.say("GET /versions/{version_number}", {"run_id": 88, "lineage": lineage, "sample_count": 120})

    result = invoke(client, "trace", LOG_ID, "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert found["call"]["log_id"] == LOG_ID
    assert (found["run_id"], found["snapshot_id"], found["samples"]) == (88, "5f", 120)
    assert (found["code_digest"], found["image_digest"]) == ("sha256:code", "sha256:image")
    assert invoke(client, "trace", LOG_ID).exit_code == 0


def test_a_call_that_no_model_was_asked_for_leads_nowhere(client: Client, reply: DescribedApi) -> None:
    reply.say("GET /calls/{log_id}", {**CALL, "model_version": None, "error_code": 18})

    result = invoke(client, "trace", LOG_ID)

    assert result.exit_code != 0
    assert "error 18" in str(result.exception)
