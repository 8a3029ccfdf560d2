"""Every `bml datasets` command runs against the API's description, prints, and ends with its exit code."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from openbml_catalog.datasets import data_formats, dataset_kinds
from openbml_client import Client
from openbml_client.cli.app import build_app, exit_code
from openbml_client.cli.clients import commands_call_with
from openbml_client.errors import OpenBMLClientError
from tests.fakes.described_api import DescribedApi
from tests.unit.sdk.conftest import Storage

Run = Callable[..., Result]

KIND = dataset_kinds()["object_detection"].model_dump(mode="json")
CATALOGUE = {
    "items": [kind.model_dump(mode="json") for kind in dataset_kinds().values()],
    "formats": [row.model_dump(mode="json") for row in data_formats().values()],
}
OPERATOR = {
    "code": "rotate",
    "help": "Turns the image.",
    "parameters": [{"name": "max_degrees", "type": "number", "default": 15}],
}
SAMPLE = {"texts": [], "width": 100, "height": 80, "label_counts": {"car": 2}}

LISTS = [
    "kinds",
    "formats",
    "formats --kind ocr",
    "list --type image --name n",
    "models cars",
    "versions list cars",
    "imports list cars -v 2",
    "imports problems cars 3 --severity rejected",
    "samples list cars --label car --state labelled --source human --order -name --limit 3",
    "samples history cars 5",
    "labels list cars --order count",
    "labels add cars a b --remark x",
    "label-groups list",
    "label-groups apply g cars",
    "operations list cars",
    "exports list cars",
    "rows prices --limit 2",
    "clean cars --operator rotate:max_degrees=5 --preview",
    "augment cars --operator rotate --preview --sample 5 --copies 2",
]
OBJECTS = [
    "create n --kind object_detection --storage s3://b/p",
    "create n",
    "create n --kind sequence_labelling --tag-scheme IOB --keep-duplicates",
    "show cars",
    "rename cars vans",
    "versions new cars --description x",
    "versions copy cars --version 1",
    "versions describe cars words",
    "imports show cars 3 --wait",
    "imports cancel cars 3",
    "import cars --from vans:V2 --take labelled --label car",
    "import cars --from vans --no-wait",
    "samples show cars 5",
    "samples next cars --lease --after 4",
    "samples restore cars 5 1",
    "labels rename cars a b",
    "labels delete cars a -y",
    "labels pin cars a --off",
    "labels remark cars a words --colour #ff8800",
    "label-groups create g -l a -l b",
    "label-groups change g --name h --label a",
    "operations start cars set_label --label a --state unlabelled",
    "operations start cars delete_samples --with-label a -y --no-wait",
    "operations show cars 3 --wait",
    "operations cancel cars 3",
    "exports cancel cars 3",
    "export cars -f coco --no-wait --label a --state labelled",
    "report cars --latest",
    "report cars --similar-distance 3",
    "operators cars",
    "clean cars --operator rotate:max_degrees=5",
    "augment cars --operator rotate --copies 2 --probability 0.5 --seed 1"
    " --least-visible 0.5 --label a --without-originals",
    "schema prices",
    "columns prices",
    "columns prices --target amount --type regression",
]
ACTIONS = [
    "delete cars -y",
    "versions delete cars 2 -y",
    "samples delete cars 5 6 -y",
    "samples list cars --count",
    "annotate cars 5 --label a --label b",
    "annotate cars 5 --box car=1,2,3.5,4 --expect 1",
    "annotate cars 5 --label a --append",
    "annotate cars 5 --clear",
    "label-groups delete g -y",
]


@pytest.fixture
def run(client: Client, api: DescribedApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    names = ("cars", "vans", "prices")
    rows = [{**_kind_parts(), "dataset_id": place + 1, "name": name} for place, name in enumerate(names)]
    api.say("GET /projects/{project_id}/datasets", {"items": _all(api, "DatasetView", rows)})
    api.say("GET /datasets/{dataset_id}", _kind_parts())
    api.say("GET /v1/datasets/kinds", CATALOGUE)
    api.say("GET /operators", {"cleaning": [OPERATOR], "augmentation": [OPERATOR]})
    api.say("GET /label-groups", {"items": [{"group_id": 1, "name": "g", "labels": [{"name": "a"}]}]})
    api.say("GET /rows", {"next_offset": None})
    app = build_app()

    def invoke(line: str, *more: str) -> Result:
        with commands_call_with(client):
            return CliRunner().invoke(app, ["datasets", *line.split(), *more])

    return invoke


def _kind_parts() -> dict[str, Any]:
    return {part: KIND[part] for part in ("data_type", "annotation_type", "template")}


def _all(api: DescribedApi, schema: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    example = api.example({"$ref": f"#/components/schemas/{schema}"})
    return [{**example, **row} for row in rows]


@pytest.mark.parametrize("line", [*LISTS, *OBJECTS])
def test_a_command_prints_for_people_and_for_programs(line: str, run: Run) -> None:
    shown = run(line)
    assert (shown.exit_code, shown.exception) == (0, None), shown.output
    assert shown.stdout.strip()

    document = json.loads(run(line, "--json").stdout)

    assert isinstance(document, list if line in LISTS else dict)


@pytest.mark.parametrize("line", ACTIONS)
def test_an_action_is_done(line: str, run: Run, api: DescribedApi) -> None:
    done = run(line)

    assert (done.exit_code, done.exception) == (0, None), done.output
    assert api.calls


def test_every_command_is_tried_here() -> None:
    tried = {" ".join(word for word in line.split()) for line in (*LISTS, *OBJECTS, *ACTIONS)}
    elsewhere = {"import", "imports report", "exports download", "preview"}
    missing = {
        command
        for command in commands(typer.main.get_command(build_app()).commands["datasets"])
        if command not in elsewhere and not any(line.startswith(command) for line in tried)
    }
    assert not missing


def commands(group: Any, prefix: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        found += commands(command, f"{prefix}{name} ") if hasattr(command, "commands") else [prefix + name]
    return found


WRONG: list[tuple[str, int]] = [
    ("show nothing", 4),
    ("create n --kind nothing", 4),
    ("import cars", 2),
    ("import cars none.zip", 2),
    ("annotate cars 5", 2),
    ("annotate cars 5 --box 1,2", 2),
    ("annotate cars 5 --json none.json", 2),
    ("clean cars --operator melt", 2),
    ("clean cars --operator rotate:max_degrees=far", 2),
    ("clean cars --operator rotate:speed=1", 2),
    ("rows", 2),
    ("samples next nothing", 4),
]


@pytest.mark.parametrize(("line", "code"), WRONG)
def test_what_cannot_be_meant_has_its_exit_code(line: str, code: int, run: Run) -> None:
    result = run(line)

    error = result.exception
    assert (exit_code(error) if isinstance(error, OpenBMLClientError) else result.exit_code) == code


def test_the_end_of_the_samples_to_label_is_told_by_the_exit_code(run: Run, api: DescribedApi) -> None:
    api.say("GET /next-sample", {"sample": None})

    assert run("samples next cars").exit_code == 4


def test_an_annotation_is_read_from_a_file(run: Run, api: DescribedApi) -> None:
    Path("a.json").write_text('{"labels": ["left"]}', encoding="utf-8")

    assert run("annotate cars 5 --json a.json").exit_code == 0
    assert api.bodies[-1]["annotation"] == {"labels": ["left"]}


def announce(api: DescribedApi, *names: str, resumed: bool = False) -> None:
    """Let the API take these files, in one part each; or let their import be there since long."""
    files = [
        {
            "file": place,
            "name": name,
            "size_bytes": Path(name).stat().st_size,
            "upload": {
                "upload_id": "u",
                "part_size_bytes": 1000,
                "part_count": 1,
                "parts": [{"part_number": 1, "url": f"http://store.test/{name}"}],
            },
        }
        for place, name in enumerate(names)
    ]
    reply = {"import_id": 9, "state": "uploading", "files": files, "size_bytes": 3, "filename": names[0]}
    api.say("POST /imports", reply)
    if resumed:
        looks = iter([{**reply, "format": "images"}])
        api.say("GET /imports/{import_id}", lambda _: next(looks, {}))


def test_several_files_are_found_out_uploaded_and_imported(
    run: Run, api: DescribedApi, storage: Storage
) -> None:
    for name in ("a.jpg", "b.jpg"):
        Path(name).write_bytes(name.encode())
    announce(api, "a.jpg", "b.jpg")

    done = run("import cars *.jpg")

    assert done.exit_code == 0, done.output
    assert storage.objects == {"/a.jpg": b"a.jpg", "/b.jpg": b"b.jpg"}
    assert {
        "format": "images",
        "files": [{"name": "a.jpg", "size_bytes": 5}, {"name": "b.jpg", "size_bytes": 5}],
    } in api.bodies
    assert "finished" in done.stdout
    assert "bml datasets imports problems cars" in done.stderr


def test_a_resumed_upload_sends_what_is_missing(run: Run, api: DescribedApi, storage: Storage) -> None:
    for name in ("a.jpg", "b.jpg"):
        Path(name).write_bytes(name.encode())
    announce(api, "a.jpg", "b.jpg", resumed=True)
    stored = {"0": [{"part_number": 1, "etag": "e", "size_bytes": 5}], "1": []}
    api.say("GET /parts", lambda request: {"items": stored[request.url.params.get("file", "0")]})
    api.say("POST /part-urls", {"items": [{"part_number": 1, "url": "http://store.test/b.jpg"}]})

    done = run("import cars a.jpg b.jpg --resume 9")

    assert done.exit_code == 0, done.output
    assert storage.objects == {"/b.jpg": b"b.jpg"}
    assert not [call for call in api.calls if call.startswith("POST") and call.endswith("/imports")]


def test_resuming_what_is_uploaded_already_waits_for_it(
    run: Run, api: DescribedApi, storage: Storage
) -> None:
    Path("a.jpg").write_bytes(b"a.jpg")

    done = run("import cars a.jpg --resume 9")

    assert (done.exit_code, storage.objects) == (0, {}), done.output


def test_settings_of_a_table_go_along(run: Run, api: DescribedApi) -> None:
    Path("a.csv").write_text("a,b\n", encoding="utf-8")
    announce(api, "a.csv")

    done = run("import prices a.csv --format csv --header no --column-error skip --overwrite --no-wait")

    assert isinstance(done.exception, OpenBMLClientError)  # the example's kind is read from no CSV
    api.say(
        "GET /datasets/{dataset_id}", {"data_type": "table", "annotation_type": "table", "template": "table"}
    )
    done = run("import prices a.csv --header no --column-error skip --overwrite --no-wait")
    assert done.exit_code == 0, done.output
    tables = [body["table"] for body in api.bodies if body and "table" in body]
    assert tables == [{"header": "false", "column_error": "skip", "upload_type": "overwrite"}]


@pytest.mark.parametrize("phase", ["POST /complete", "GET /imports/{import_id}"])
def test_an_interruption_says_how_to_go_on(phase: str, run: Run, api: DescribedApi) -> None:
    Path("a.jpg").write_bytes(b"a.jpg")
    announce(api, "a.jpg")

    def interrupt(_: httpx.Request) -> Any:
        raise KeyboardInterrupt

    api.say(phase, interrupt)
    done = run("import cars a.jpg")

    assert done.exit_code == 130
    advice = "--resume 9" if "complete" in phase else "bml datasets imports show cars"
    assert advice in done.stderr


def test_a_failed_import_is_shown_and_has_an_exit_code_of_its_own(run: Run, api: DescribedApi) -> None:
    failure = {"reason": "encoding", "message": "not UTF-8"}
    api.say("GET /imports/{import_id}", {"state": "failed", "failure": failure})

    done = run("import cars --from vans")

    assert "not UTF-8" in done.stdout
    assert isinstance(done.exception, OpenBMLClientError)
    assert exit_code(done.exception) == 5


def test_an_export_is_waited_for_and_downloaded(run: Run, api: DescribedApi, storage: Storage) -> None:
    storage.objects["/export"] = b"zip"
    said = {"storage_type": "sysBos", "download_url": "http://store.test/export", "size_bytes": 3}
    api.say("GET /exports/{export_id}", said)

    assert run("export cars -f coco -o out/cars.zip").exit_code == 0
    assert run("exports download cars 3").exit_code == 0

    assert Path("out/cars.zip").read_bytes() == b"zip"
    assert [path.name for path in Path().glob("cars-*.zip")] == ["cars-text.zip"]


def test_an_export_to_the_customers_own_storage_is_not_downloaded(run: Run, api: DescribedApi) -> None:
    api.say("GET /exports/{export_id}", {"storage_type": "usrBos", "storage_path": "s3://b/p/x.zip"})

    done = run("export cars -f coco --storage s3://b/p")

    assert done.exit_code == 0
    assert "s3://b/p/x.zip" in done.stdout
    assert not list(Path().glob("*.zip"))


def test_reports_are_written_to_files(run: Run, api: DescribedApi, storage: Storage) -> None:
    storage.objects["/report"] = b"file,reason\n"
    api.say("GET /report", {"download_url": "http://store.test/report"})

    assert run("imports report cars 3").exit_code == 0
    assert run("report cars -o quality.json").exit_code == 0

    assert Path("import-3.csv").read_bytes() == b"file,reason\n"
    assert "findings" in json.loads(Path("quality.json").read_text(encoding="utf-8"))


def test_a_table_is_previewed_with_types_and_what_is_wrong_with_it(run: Run, api: DescribedApi) -> None:
    Path("a.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    said = {
        "names": ["a", "b"],
        "types": ["bigint", "string"],
        "values": [[1, "x"]],
        "problems": ["too wide"],
    }
    api.say("POST /table-previews", said)

    done = run("preview a.csv --header yes --delimiter \\t")

    assert "a (bigint)" in done.stdout
    assert "too wide" in done.stderr
    assert api.bodies[-1]["table"] == {"header": "true", "delimiter": "\t"}


def test_deleting_asks_first(run: Run, api: DescribedApi) -> None:
    for line in ("delete cars", "versions delete cars 1", "samples delete cars 5", "labels delete cars a"):
        assert run(line).exit_code == 1

    assert not [call for call in api.calls if call.startswith("DELETE")]
