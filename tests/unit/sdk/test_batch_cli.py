"""`bml batch` against the API's description: files are sent, ends waited for, outputs fetched."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from openbml_client import Client, WorkFailedError
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from openbml_client.errors import InvalidChoiceError
from openbml_client.uploads import UploadError
from tests.fakes.described_api import DescribedApi

Run = Callable[..., Result]

CREATE = "batch create night {} --model pets"
BATCH: dict[str, Any] = {
    "batch_id": 7,
    "name": "night",
    "state": "succeeded",
    "done": 12,
    "total": 12,
    "failed_items": 2,
    "share": 1.0,
    "failure": None,
}
SCHEDULE = "batch schedules create nightly {} --model pets --unit day --from {}"


@pytest.fixture
def run(client: Client, api: DescribedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    api.say("GET /v1/models/projects/{project_id}/models", {"items": [{"model_id": 3, "name": "pets"}]})
    base = "/v1/services/projects/{project_id}"
    batch = {**api.example({"$ref": "#/components/schemas/BatchView"}), **BATCH}
    api.say(f"GET {base}/batch-predictions", {"items": [batch], "next_cursor": None})
    api.say(f"GET {base}/batch-predictions/{{batch_id}}", BATCH)
    example = api.example({"$ref": "#/components/schemas/ScheduleView"})
    schedules = [{**example, "schedule_id": 4, "name": "nightly"}]
    api.say(f"GET {base}/batch-schedules", {"items": schedules, "next_cursor": None})

    def invoke(line: str, *more: str) -> Result:
        with commands_call_with(client):
            return CliRunner().invoke(build_app(), [*line.split(), *more])

    return invoke


def body_of(api: DescribedApi, route: str) -> dict[str, Any]:
    asked = [body for call, body in zip(api.calls, api.bodies, strict=True) if call.endswith(route)]
    found: dict[str, Any] = asked[-1]
    return found


def test_an_address_is_predicted_and_its_end_waited_for(run: Run, api: DescribedApi) -> None:
    done = run(CREATE.format("s3://b/in/"), "--set", "threshold=0.5", "--nodes", "3", "--output", "s3://b/o/")

    assert done.exit_code == 0, done.output
    assert body_of(api, "POST /v1/services/projects/{project_id}/batch-predictions") == {
        "name": "night",
        "description": "",
        "model_id": 3,
        "model_version": 1,
        "variant": "fp32",
        "input": {"uri": "s3://b/in/"},
        "input_format": "auto",
        "output": {"uri": "s3://b/o/"},
        "output_format": "jsonl",
        "machine_type": "CPU_4C_16G",
        "nodes": 3,
        "parameters": {"threshold": 0.5},
    }
    assert "12 / 12" in done.output


def test_files_here_are_sent_first(run: Run, api: DescribedApi, storage: Any, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.jpg", "sub/b.jpg", ".hidden"):
        (folder / name).write_bytes(name.encode())
    uploads = [{"name": name, "url": f"http://storage/{name}"} for name in ("a.jpg", "sub/b.jpg")]
    reply = {"input_uri": "s3://uploads/x/", "uploads": uploads}
    api.say("POST /v1/services/projects/{project_id}/batch-uploads", reply)

    done = run(CREATE.format("in"), "--no-wait")

    assert done.exit_code == 0, done.output
    assert storage.objects == {"/a.jpg": b"a.jpg", "/sub/b.jpg": b"sub/b.jpg"}
    assert body_of(api, "/batch-predictions")["input"] == {"uri": "s3://uploads/x/"}
    one = [{"name": "a.jpg", "url": "http://storage/one"}]
    api.say(
        "POST /v1/services/projects/{project_id}/batch-uploads",
        {"input_uri": "s3://uploads/y/", "uploads": one},
    )
    assert run(CREATE.format("in/a.jpg"), "--no-wait").exit_code == 0
    assert body_of(api, "/batch-predictions")["input"] == {"uri": "s3://uploads/y/a.jpg"}


def test_what_is_nothing_here_is_refused_and_too_many_files_too(
    run: Run, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    for source in ("missing", "empty"):
        assert isinstance(run(CREATE.format(source)).exception, InvalidChoiceError)
    with pytest.raises(UploadError):
        client.project().batches.upload(dict.fromkeys(map(str, range(1001)), tmp_path / "x"))


@pytest.mark.parametrize("state", ["failed", "stopped"])
def test_one_that_does_not_end_well_is_an_error(run: Run, api: DescribedApi, state: str) -> None:
    ended = {**BATCH, "state": state, "failure": {"fault": "user", "message": "no such bucket"}}
    api.say("GET /v1/services/projects/{project_id}/batch-predictions/{batch_id}", ended)

    done = run(CREATE.format("s3://b/in/"))

    assert isinstance(done.exception, WorkFailedError)
    assert "no such bucket" in str(done.exception)


def test_an_output_is_fetched_once_and_nowhere_else(
    run: Run, api: DescribedApi, storage: Any, tmp_path: Path
) -> None:
    storage.objects["/part"] = b"{}"
    storage.objects["/evil"] = b"!!"
    files = [
        {"name": "part-000000.jsonl", "size_bytes": 2, "url": "http://storage/part"},
        {"name": "../evil", "size_bytes": 2, "url": "http://storage/evil"},
    ]
    api.say(
        "GET /v1/services/projects/{project_id}/batch-predictions/{batch_id}/output",
        {"items": files, "next_cursor": None},
    )

    first = run("batch download night out --json")
    del storage.objects["/part"]
    second = run("batch download night out --json")

    assert first.exit_code == 0, first.output
    assert (tmp_path / "out/part-000000.jsonl").read_bytes() == b"{}"
    assert not (tmp_path / "evil").exists()
    assert json.loads(second.stdout) == ["out/part-000000.jsonl"]


@pytest.mark.parametrize(
    "line",
    [
        "batch list",
        "batch show night",
        "batch stop night",
        "batch resume night",
        "batch schedules list",
        "batch schedules show nightly",
        "batch schedules runs nightly",
        "batch schedules change nightly --every 2 --until 2027-01-01T00:00Z",
    ],
)
def test_commands_print_for_people_and_programs(run: Run, line: str) -> None:
    shown = run(line)
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.strip()
    json.loads(run(line, "--json").stdout)


def test_what_is_deleted_is_confirmed(run: Run, api: DescribedApi) -> None:
    assert run("batch delete night").exit_code == 1
    assert not any(call.startswith("DELETE") for call in api.calls)
    assert run("batch delete night -y").exit_code == 0
    assert run("batch schedules delete nightly -y").exit_code == 0
    assert sum(call.startswith("DELETE") for call in api.calls) == 2


def test_a_schedule_has_a_zone_and_reads_storage(run: Run, api: DescribedApi, tmp_path: Path) -> None:
    done = run(SCHEDULE.format("s3://b/in/", "2026-12-01T02:00+08:00"), "--zone", "Asia/Shanghai")

    assert done.exit_code == 0, done.output
    body = body_of(api, "/batch-schedules")
    assert (body["starts_at"], body["time_zone"], body["unit"]) == (
        "2026-12-01T02:00:00+08:00",
        "Asia/Shanghai",
        "day",
    )
    (tmp_path / "in").mkdir()
    for source, start in (("s3://b/in/", "2026-12-01T02:00"), ("s3://b/in/", "soon"), ("in", "2026-12-01Z")):
        assert isinstance(run(SCHEDULE.format(source, start)).exception, InvalidChoiceError)
