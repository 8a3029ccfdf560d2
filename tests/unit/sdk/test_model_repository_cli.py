"""`bml models …` of the repository: imports with their uploads, versions side by side, exports, deletions."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from openbml_client import Client
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from openbml_client.errors import OpenBMLClientError, WorkFailedError
from openbml_client.models import ModelRefusedError, files_of
from tests.fakes.described_api import DescribedApi
from tests.unit.sdk.conftest import Storage

MODELS = "/v1/models/projects/{project_id}/models"
VERSION = f"{MODELS}/{{model_id}}/versions/{{version_number}}"
IMPORT = f"{MODELS}/{{model_id}}/imports/{{import_id}}"
PART = 8


@pytest.fixture
def reply(api: DescribedApi) -> DescribedApi:
    """An API whose parts are of eight bytes; it finds what `api.said` says."""
    state = {"uploads": [], "problems": [], "import_id": 7, "version_number": 2}

    def started(request: httpx.Request) -> dict[str, Any]:
        body = json.loads(request.content)
        uploads = [
            {
                "file": index,
                "name": row["name"],
                "size_bytes": row["size_bytes"],
                "part_size_bytes": PART,
                "part_count": 1,
                "parts": [{"part_number": 1, "url": f"http://storage.test/{index}/1"}],
            }
            for index, row in enumerate(body.get("files", ()))
        ]
        return {**state, "state": "uploading", "uploads": uploads}

    def urls(request: httpx.Request) -> dict[str, Any]:
        body = json.loads(request.content)
        items = [
            {"part_number": number, "url": f"http://storage.test/{body['file']}/{number}"}
            for number in body["part_numbers"]
        ]
        return {"items": items}

    api.say("GET /projects/{project_id}/models", {"items": [{"model_id": 3, "name": "churn"}]})
    api.say("POST /models/{model_id}/imports", started)
    api.say("POST /imports/{import_id}/part-urls", urls)
    api.say("POST /imports/{import_id}/check", {**state, "state": "checking"})
    api.say("POST /imports/{import_id}/submit", {**state, "state": "submitted"})
    api.say("GET /imports/{import_id}", {**state, "state": "ready"})
    return api


def invoke(client: Client, *words: str) -> Result:
    with commands_call_with(client):
        return CliRunner().invoke(build_app(), ["models", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "model"
    (root / "variables").mkdir(parents=True)
    (root / "__pycache__").mkdir()
    (root / "saved_model.pb").write_bytes(b"0123456789")
    (root / "variables" / "variables.index").write_bytes(b"index")
    (root / "__pycache__" / "x.pyc").write_bytes(b"left")
    return root


def test_a_folder_goes_up_in_parts_under_the_paths_below_it(
    client: Client, reply: DescribedApi, storage: Storage, folder: Path
) -> None:
    labels = folder.parent / "names.txt"
    labels.write_bytes(b"cat")

    result = invoke(
        client, "import", "churn", str(folder), "--framework", "tensorflow", "--labels", str(labels)
    )

    assert result.exit_code == 0, result.output
    (body,) = [row for row in reply.bodies if row and "framework" in row]
    assert [row["name"] for row in body["files"]] == [
        "saved_model.pb",
        "variables/variables.index",
        "names.txt",
    ]
    assert body["labels_file"] == "names.txt"
    assert storage.objects == {"/0/1": b"01234567", "/0/2": b"89", "/1/1": b"index", "/2/1": b"cat"}
    assert reply.calls[-3:] == [f"POST {IMPORT}/check", f"POST {IMPORT}/submit", f"GET {IMPORT}"]
    assert "V2" in result.output


def test_an_address_is_handed_over_as_it_is(client: Client, reply: DescribedApi) -> None:
    result = invoke(client, "import", "churn", "s3://team/m", "--framework", "sklearn", "--code-file", "s.py")

    assert result.exit_code == 0, result.output
    (body,) = [row for row in reply.bodies if row and "framework" in row]
    assert body == {"framework": "sklearn", "s3_uri": "s3://team/m", "code_file": "s.py"}


def test_problems_are_listed_and_nothing_is_submitted(
    client: Client, reply: DescribedApi, folder: Path
) -> None:
    problem = {"file": "saved_model.pb", "code": "content_wrong", "message": "is not a SavedModel"}
    reply.say("POST /imports/{import_id}/check", {"import_id": 7, "state": "checking", "problems": [problem]})

    result = invoke(client, "import", "churn", str(folder), "--framework", "tensorflow")

    assert isinstance(result.exception, ModelRefusedError)
    assert "is not a SavedModel" in result.output
    assert not [call for call in reply.calls if call.endswith("/submit")]


def test_a_copy_that_fails_says_why(client: Client, reply: DescribedApi, folder: Path) -> None:
    problem = {"file": "", "code": "import_failed", "message": "the files are gone"}
    reply.say("GET /imports/{import_id}", {"state": "failed", "problems": [problem]})

    result = invoke(client, "import", "churn", str(folder), "--framework", "tensorflow")

    assert isinstance(result.exception, WorkFailedError)
    assert "the files are gone" in str(result.exception)


def test_a_model_is_made_when_it_is_new_and_its_task_is_told(
    client: Client, reply: DescribedApi, folder: Path
) -> None:
    result = invoke(client, "import", "new", str(folder), "--framework", "tensorflow", "--task", "general")

    assert result.exit_code == 0, result.output
    (made,) = [row for row in reply.bodies if row and "task_type" in row]
    assert (made["name"], made["task_type"], made["source"]) == ("new", "general", "local")
    assert invoke(client, "import", "new", str(folder), "--framework", "tensorflow").exit_code != 0


def test_files_that_are_not_there_are_told_before_anything_is_sent(
    client: Client, reply: DescribedApi, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(OpenBMLClientError):
        files_of(tmp_path / "nothing")
    with pytest.raises(OpenBMLClientError, match=r"no\.py"):
        client.project().models.imports(3).import_files(folder, framework="pytorch", code_file="no.py")
    assert not [call for call in reply.calls if call.startswith("POST")]


def test_versions_are_shown_side_by_side(client: Client, reply: DescribedApi) -> None:
    rows = [
        {"group": "metric", "name": "accuracy", "values": [0.9, 0.8], "differs": True},
        {"group": "metric", "name": "f1", "values": [0.5, 0.5], "differs": False},
    ]
    reply.say("GET /models/{model_id}/comparison", {"versions": [1, 2], "rows": rows})

    result = invoke(client, "compare", "churn", "1", "2")

    assert "accuracy" in result.output
    assert "f1" not in result.output
    assert "f1" in invoke(client, "compare", "churn", "1", "2", "--all").output


def test_an_export_is_waited_for_and_fetched(
    client: Client, reply: DescribedApi, storage: Storage, tmp_path: Path
) -> None:
    storage.objects["/export.zip"] = b"zip"
    packed = {"state": "ready", "url": "http://storage.test/export.zip", "size_bytes": 3, "export_id": 5}
    reply.say("GET /exports/{export_id}", packed)
    target = tmp_path / "m.zip"

    result = invoke(client, "export", "churn", "1", "--output", str(target))

    assert result.exit_code == 0, result.output
    assert target.read_bytes() == b"zip"


def test_the_card_goes_to_the_terminal_or_a_file(client: Client, reply: DescribedApi, tmp_path: Path) -> None:
    reply.say("GET /versions/{version_number}/card", {"markdown": "# churn V1\n"})

    assert invoke(client, "card", "churn", "1").output == "# churn V1\n"
    assert invoke(client, "card", "churn", "1", "--output", str(tmp_path / "card.md")).exit_code == 0
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == "# churn V1\n"


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (["delete", "churn", "--yes"], f"DELETE {MODELS}/{{model_id}}"),
        (
            ["delete", "churn", "--version", "1", "--yes"],
            f"DELETE {VERSION}",
        ),
        (["rename", "churn", "new"], f"PATCH {MODELS}/{{model_id}}"),
        (["describe", "churn", "text"], f"PATCH {MODELS}/{{model_id}}"),
        (
            ["describe", "churn", "text", "--version", "1"],
            f"PATCH {VERSION}",
        ),
        (["create", "x", "--task", "general", "--source", "local"], f"POST {MODELS}"),
        (["show", "churn"], f"GET {MODELS}"),
        (["show", "churn", "--version", "1"], f"GET {VERSION}"),
        (["lineage", "churn", "1"], f"GET {VERSION}/lineage"),
        (["imports", "churn"], f"GET {MODELS}/{{model_id}}/imports"),
        (["imports", "churn", "7"], f"GET {IMPORT}"),
        (["imports", "churn", "7", "--delete", "--yes"], f"DELETE {IMPORT}"),
        (["list", "--source", "local", "--task", "general"], f"GET {MODELS}"),
        (["frameworks"], "GET /v1/models/projects/{project_id}/import-catalog"),
    ],
)
def test_a_command_is_one_call(client: Client, reply: DescribedApi, words: list[str], call: str) -> None:
    result = invoke(client, *words)

    assert result.exit_code == 0, result.output
    assert reply.calls[-1] == call


def test_a_deletion_is_asked_about(client: Client, reply: DescribedApi) -> None:
    with commands_call_with(client):
        result = CliRunner().invoke(build_app(), ["models", "delete", "churn"], input="n\n")

    assert result.exit_code != 0
    assert not [call for call in reply.calls if call.startswith("DELETE")]
