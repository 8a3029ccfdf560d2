"""`bml models validate`: a temporary service is started, asked and ended."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from openbml_client import Client
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from tests.fakes.described_api import DescribedApi

VALIDATION = "/v1/services/projects/{project_id}/validations/{validation_id}"


@pytest.fixture
def reply(api: DescribedApi) -> DescribedApi:
    api.say("GET /projects/{project_id}/models", {"items": [{"model_id": 3, "name": "churn"}]})
    api.say("POST /validations/{validation_id}/predict", {"batch_results": [{"label": "是"}]})
    api.say("GET /validations/{validation_id}", {"state": "ready"})
    return api


def invoke(client: Client, *words: str) -> Result:
    with commands_call_with(client):
        return CliRunner().invoke(build_app(), ["models", "validate", "churn", "1", "--request", *words])


def test_a_version_is_asked_and_the_temporary_service_is_ended(client: Client, reply: DescribedApi) -> None:
    result = invoke(client, '{"data": [{"age": 34}]}')

    assert result.exit_code == 0, result.output
    assert "是" in result.output
    assert reply.bodies[-2] == {"data": [{"age": 34}]}
    assert reply.calls[-1] == f"DELETE {VALIDATION}"


def test_a_request_may_come_from_a_file_and_the_service_may_stay(
    client: Client, reply: DescribedApi, tmp_path: Path
) -> None:
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"data": []}), encoding="utf-8")

    result = invoke(client, f"@{request}", "--keep")

    assert result.exit_code == 0, result.output
    assert not any(call.startswith("DELETE") for call in reply.calls)


def test_a_model_that_does_not_start_says_why_and_leaves_nothing(client: Client, reply: DescribedApi) -> None:
    failure = {"fault": "platform", "message": "model.json cannot be read"}
    reply.say("GET /validations/{validation_id}", {"state": "failed", "failure": failure})

    result = invoke(client, "{}")

    assert result.exit_code != 0
    assert "model.json cannot be read" in f"{result.output}{result.exception}"
    assert reply.calls[-1] == f"DELETE {VALIDATION}"


@pytest.mark.parametrize("text", ["{", "[1]", "@no-such-file.json"])
def test_what_is_no_request_is_refused_before_anything_starts(
    client: Client, reply: DescribedApi, text: str
) -> None:
    assert invoke(client, text).exit_code != 0
    assert not any(call.startswith("POST") for call in reply.calls)
