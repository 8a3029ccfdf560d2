"""The examples of the documentation, each run as its own process against the real handler behind HTTP."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.datasets.data_api_desk import EVENT, Context, Desk
from tests.contract.datasets.test_data_api_imports import Lake
from tests.fakes.datasets_archives import image_bytes

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "examples" / "data_api"
BOXES = ("OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE")


class Programs:
    """Runs example programs with the address and token of a desk."""

    def __init__(self, url: str, token: str) -> None:
        self._environment = {
            "PATH": os.environ["PATH"],
            "OPENBML_URL": url,
            "OPENBML_ACCESS_TOKEN": token,
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def run(self, name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(FOLDER / f"{name}.py"), *map(str, arguments)]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60)

    def reply(self, name: str, *arguments: object) -> dict[str, object]:
        done = self.run(name, *arguments)
        assert done.returncode == 0, done.stderr
        document: dict[str, object] = json.loads(done.stdout)
        return document


@pytest.fixture
def programs(desk: Desk) -> Iterator[Programs]:
    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            place = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = {name: values[-1] for name, values in parse_qs(place.query).items()}
            event = {
                **EVENT,
                "path": place.path,
                "httpMethod": "POST",
                "queryStringParameters": query,
                "body": body,
            }
            reply = desk.handler.lambda_handler(event, Context())
            self.send_response(int(reply["statusCode"]))
            self.end_headers()
            self.wfile.write(reply["body"].encode())

        def log_message(self, *_arguments: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Programs(f"http://127.0.0.1:{server.server_port}", desk.token)
    server.shutdown()
    server.server_close()


def test_datasets_versions_and_entities_by_the_examples(programs: Programs, tmp_path: Path) -> None:
    made = programs.reply("create", "parts", *BOXES)
    image = tmp_path / "image.jpg"
    image.write_bytes(image_bytes())
    programs.reply("add_entity", made["dataset_id"], image, "bolt", 3, 4, 10, 11)
    second = programs.reply("create_dataset_version", made["dataset_group_id"], *BOXES, "second", "try")
    detail = programs.reply("describe_dataset_version", second["dataset_id"])["result"]
    assert isinstance(detail, dict)
    assert detail["description"] == "second try"
    listed = programs.reply("describe_dataset_versions", made["dataset_group_id"])
    assert isinstance(listed["dataset_versions"], list)
    assert [row["rows"] for row in listed["dataset_versions"]] == [0, 1]
    assert programs.run("describe_datasets", "part").stdout == f"{made['dataset_group_id']} parts\n"
    assert programs.reply("create_export_task", made["dataset_id"])["task_id"]
    assert programs.reply("delete_dataset_version", second["dataset_id"])["result"] is True
    refused = programs.run("delete_dataset", made["dataset_group_id"])
    assert refused.returncode == 1
    assert "406004: dataset can not be modified temporarily" in refused.stderr


def test_a_dataset_is_deleted_by_the_example(programs: Programs) -> None:
    made = programs.reply("create", "parts", *BOXES, "s3://bucket/prefix/")
    assert programs.reply("delete_dataset", made["dataset_group_id"])["result"] is True


def test_tables_by_the_examples(programs: Programs, desk: Desk) -> None:
    lake = Lake(desk)
    guessed = programs.reply("guess_schema", lake.database, "orders")["result"]
    assert isinstance(guessed, dict)
    assert guessed["has_preview"] is True
    version_id = lake.made["dataset_id"]
    task = programs.reply("create_import_task", version_id, lake.database, "orders", "skip")
    assert isinstance(task["task_id"], int)
    lake.ended(task["task_id"])
    told = programs.reply("describe_import_task", task["task_id"])["result"]
    assert isinstance(told, dict)
    assert (told["import_status"], told["rows"]) == ("ImportFinished", 2)


def test_an_export_is_followed_by_the_example(programs: Programs, desk: Desk) -> None:
    made = desk.create("texts", "TEXT_CLASSIFICATION", "TEXT_CLASSIFICATION_ONE_LABEL")
    kind = {"type": "TEXT_CLASSIFICATION", "template_type": "TEXT_CLASSIFICATION_ONE_LABEL"}
    desk.ok("addentity", {"dataset_id": made["dataset_id"], "entity_content": "rain", **kind})
    task = programs.reply("create_export_task", made["dataset_id"])
    assert isinstance(task["task_id"], int)
    job = desk.world.jobs.find(task["task_id"])
    assert job is not None
    ended = job.stopping(desk.world.clock())
    desk.world.jobs.save(ended)
    told = programs.reply("describe_export_task", task["task_id"])
    assert told["export_status"] == "ExportFailed"


def test_every_operation_has_an_example_and_stands_in_the_documentation() -> None:
    from tests.contract.datasets.test_data_api_access import OPERATIONS

    text = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))
    page = (ROOT / "docs" / "reference" / "data-api.md").read_text()
    for operation in OPERATIONS:
        assert re.search(rf'"{operation}"', text), operation
        assert f"| `{operation}` |" in page, operation
