"""`/v1/datasets` as its function serves it, with the permission check replaced by a fake."""

import importlib.util
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbml.core import wiring as core_wiring
from openbml.core.errors import PermissionDeniedError
from openbml.core.scope import Principal, ProjectScope
from openbml.datasets import api_access, wiring
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.shards import ShardMessage
from openbml.identity.projects import ProjectAccess
from tests.contract.datasets.conftest import World
from tests.contract.emulator import client
from tests.fakes.datasets_archives import archive, image_bytes, labelled_pairs

HANDLER = Path(__file__).resolve().parents[3] / "functions" / "serve_datasets_api" / "handler.py"
CACHED = [
    core_wiring.core_settings,
    core_wiring.aws_client,
    core_wiring.sqs_queue,
    core_wiring.event_publisher,
    core_wiring.cursor_codec,
    *(value for value in vars(wiring).values() if hasattr(value, "cache_clear")),
]


class FakeAuthorizer:
    def __init__(self, scope: ProjectScope, *held: str) -> None:
        self._scope = scope
        self._held = frozenset(held)

    def require(self, principal: Principal, project_id: int, permission: str) -> ProjectAccess:
        if permission not in self._held:
            raise PermissionDeniedError(permission=permission, project_id=project_id)
        return ProjectAccess(scope=self._scope, user_id=principal.user_id, permissions=self._held)


class Api:
    def __init__(self, handler: Any, project_id: int) -> None:
        self._handler = handler
        self._base = f"/v1/datasets/projects/{project_id}"

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        event = {
            "resource": "/v1/datasets/{proxy+}",
            "path": f"{self._base}{path}",
            "httpMethod": method,
            "headers": {"Content-Type": "application/json"},
            "multiValueHeaders": {},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
            "pathParameters": {"proxy": path},
            "stageVariables": None,
            "requestContext": {
                "requestId": "request-1",
                "authorizer": {"user_id": "7", "account_id": "1", "email": "a@example.com"},
                "httpMethod": method,
                "path": path,
                "stage": "dev",
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        reply = self._handler.app.resolve(event, None)
        return int(reply["statusCode"]), json.loads(reply["body"] or "null")

    def call_status(self, method: str, path: str) -> int:
        return self.call(method, path)[0]

    def ok(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        status, reply = self.call(method, path, body, **query)
        assert status < 300, reply
        return reply


@pytest.fixture
def served(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    secret = client("secretsmanager", world.url).create_secret(Name=world.table.name, SecretString="k" * 32)
    queue = client("sqs", world.url).create_queue(QueueName=world.table.name)
    environment = {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CURSOR_SECRET_ARN": secret["ARN"],
        "EVENT_BUS_NAME": "default",
        "DATASETS_TABLE_NAME": world.table.name,
        "DATA_BUCKET_NAME": world.data._bucket,
        "UPLOADS_BUCKET_NAME": world.archives._bucket,
        "DELETIONS_QUEUE_URL": queue["QueueUrl"],
        "OPERATIONS_QUEUE_URL": queue["QueueUrl"],
        "DATA_JOBS_QUEUE_URL": queue["QueueUrl"],
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    everything = FakeAuthorizer(world.scope, "datasets.read", "datasets.write", "datasets.manage")
    monkeypatch.setattr(api_access, "authorizer", lambda: everything)
    for function in CACHED:
        function.cache_clear()
    specification = importlib.util.spec_from_file_location("serve_datasets_api_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    handler = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(handler)
    yield Api(handler, world.scope.project_id)
    for function in CACHED:
        function.cache_clear()


NEW = {
    "name": "digits",
    "data_type": "image",
    "annotation_type": "image_classification",
    "template": "single_label",
}


_IMPORTS = "/datasets/1/versions/1/imports"


def imported(served: Api, world: World, body: bytes) -> tuple[str, Any]:
    """Go through the routes as a client does; the shards are worked on here."""
    dataset_id = served.ok("POST", "/datasets", NEW)["dataset_id"]
    version = f"/datasets/{dataset_id}/versions/1"
    made = served.ok("POST", f"{version}/imports", {"filename": "a.zip", "size_bytes": len(body)})
    parts = []
    for part in made["upload"]["parts"]:
        request = urllib.request.Request(part["url"], data=body, method="PUT")
        with urllib.request.urlopen(request) as reply:
            parts.append({"part_number": part["part_number"], "etag": reply.headers["ETag"]})
    path = f"{version}/imports/{made['import_id']}"
    assert served.ok("GET", f"{path}/parts")["items"][0]["size_bytes"] == len(body)
    assert served.ok("POST", f"{path}/part-urls", {"part_numbers": [1]})["items"][0]["url"]
    assert served.ok("POST", f"{path}/complete", {"parts": parts})["state"] == "planning"
    data_import = world.imports.find(world.scope.project_id, made["import_id"])
    assert data_import is not None
    world.planned(data_import)
    for message in world.shards.taken():
        assert isinstance(message, ShardMessage)
        world.worked(message)
    return version, served.ok("GET", path)


def test_the_routes_walk_from_a_dataset_to_its_samples(served: Api, world: World) -> None:
    body = archive([*labelled_pairs(7), ("bad.jpg", b"bad"), ("bad.json", b"{}")])
    version, done = imported(served, world, body)

    assert done["state"] == "finished"
    assert done["progress"] == {"entries_total": 8, "entries_done": 8}
    assert done["upload"] is None
    shown = served.ok("GET", version)
    assert (shown["state"], shown["sample_count"]) == ("import_finished", 7)
    assert served.ok("GET", version.rsplit("/", 1)[0])["items"] == [shown]
    labels = served.ok("GET", f"{version}/labels")["items"]
    assert [(row["name"], row["sample_count"], row["object_count"]) for row in labels] == [
        ("cat", 4, 4),
        ("dog", 3, 3),
    ]

    first = served.ok("GET", f"{version}/samples", label="cat", limit="3")
    second = served.ok("GET", f"{version}/samples", label="cat", limit="3", cursor=first["next_cursor"])
    assert (len(first["items"]), len(second["items"]), second["next_cursor"]) == (3, 1, None)
    sample = served.ok("GET", f"{version}/samples/{second['items'][0]['sample_id']}")
    with urllib.request.urlopen(sample["image_url"]) as reply:
        assert reply.read() == image_bytes(seed=6)
    with urllib.request.urlopen(sample["thumbnail_url"]) as reply:
        assert reply.headers["Content-Type"] == "image/jpeg"
    (problem,) = served.ok("GET", f"{version}/imports/{done['import_id']}/problems")["items"]
    assert problem["reason"] == "image_type"
    assert served.ok("GET", f"{version}/imports")["items"][0]["import_id"] == done["import_id"]


def test_lists_are_paged_and_filtered_and_a_deletion_shows(served: Api) -> None:
    for name in ("Alpha", "beta", "alphabet"):
        served.ok("POST", "/datasets", {**NEW, "name": name})
    page = served.ok("GET", "/datasets", limit="2")
    rest = served.ok("GET", "/datasets", limit="2", cursor=page["next_cursor"])
    assert [row["name"] for row in [*page["items"], *rest["items"]]] == ["alphabet", "beta", "Alpha"]
    found = served.ok("GET", "/datasets", name="ALPHA")["items"]
    assert [row["name"] for row in found] == ["alphabet", "Alpha"]
    dataset_id = found[0]["dataset_id"]
    assert served.call("DELETE", f"/datasets/{dataset_id}")[0] == 202
    assert served.ok("GET", f"/datasets/{dataset_id}")["state"] == "deleting"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/datasets", {**NEW, "template": "ellipse"}, 400, "unsupported_dataset_type"),
        ("POST", "/datasets", {**NEW, "name": "x" * 51}, 400, "invalid_request"),
        ("POST", "/datasets", {"name": "x"}, 400, "invalid_request"),
        ("GET", "/datasets/1", None, 404, "dataset_not_found"),
        ("GET", "/datasets/abc", None, 400, "invalid_request"),
        ("GET", "/datasets/1/versions/1", None, 404, "dataset_version_not_found"),
        ("GET", "/datasets/1/versions/1/samples", None, 404, "dataset_version_not_found"),
        ("GET", "/datasets/1/versions/1/imports/1", None, 404, "import_not_found"),
        ("POST", _IMPORTS, {"filename": "a.rar", "size_bytes": 1}, 400, "invalid_request"),
        ("POST", _IMPORTS, {"filename": "a.zip", "size_bytes": 6 * 1024**3}, 400, "invalid_request"),
        ("POST", _IMPORTS, {"filename": "a.zip", "size_bytes": 9, "annotation_format": "xml"}, 400,
         "invalid_request"),
        ("DELETE", "/datasets/1", None, 404, "dataset_not_found"),
    ],
)  # fmt: skip
def test_wrong_calls_are_answered_with_typed_errors(
    served: Api, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answered, reply = served.call(method, path, body)
    assert (answered, reply["error"]["code"]) == (status, code)
    assert "<" not in reply["error"]["message"]


def test_a_cursor_of_another_list_is_refused(served: Api) -> None:
    for name in ("a", "b"):
        served.ok("POST", "/datasets", {**NEW, "name": name})
    cursor = served.ok("GET", "/datasets", limit="1")["next_cursor"]
    assert served.call("GET", "/datasets", name="a", cursor=cursor)[1]["error"]["code"] == "invalid_cursor"
    assert served.call("GET", "/datasets", cursor="nonsense")[1]["error"]["code"] == "invalid_cursor"


def test_each_route_asks_for_its_permission(
    served: Api, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = world.dataset()
    reader = FakeAuthorizer(world.scope, "datasets.read")
    monkeypatch.setattr(api_access, "authorizer", lambda: reader)
    version = f"/datasets/{key.dataset_id}/versions/1"
    assert served.call("GET", version)[0] == 200
    for method, path, body in [
        ("POST", "/datasets", NEW),
        ("DELETE", f"/datasets/{key.dataset_id}", None),
        ("POST", f"{version}/imports", {"filename": "a.zip", "size_bytes": 1}),
        ("POST", f"{version}/imports/1/cancel", None),
    ]:
        assert served.call(method, path, body)[0] == 403


def test_a_dataset_is_renamed_and_its_storage_is_told(served: Api) -> None:
    place = {"storage_type": "usrBos", "storage_path": "s3://bucket/prefix/"}
    made = served.ok("POST", "/datasets", {**NEW, **place})
    assert (made["storage_type"], made["storage_path"]) == ("usrBos", "s3://bucket/prefix/")
    renamed = served.ok("PATCH", f"/datasets/{made['dataset_id']}", {"name": "letters"})
    assert renamed["name"] == "letters"
    assert served.ok("GET", f"/datasets/{made['dataset_id']}")["name"] == "letters"
    status, reply = served.call("POST", "/datasets", {**NEW, "storage_type": "usrBos"})
    assert (status, reply["error"]["details"]["field"]) == (400, "storage_path")
    for body in ({"name": ""}, {"name": "a", "data_type": "text"}, {}):
        assert served.call("PATCH", f"/datasets/{made['dataset_id']}", body)[0] == 400


def test_versions_are_added_described_and_deleted(served: Api) -> None:
    dataset = f"/datasets/{served.ok('POST', '/datasets', NEW)['dataset_id']}"
    status, second = served.call("POST", f"{dataset}/versions", {"description": "more light"})
    assert (status, second["version_number"], second["description"]) == (201, 2, "more light")
    assert second["version_id"]
    changed = served.ok("PATCH", f"{dataset}/versions/2", {"description": "less light"})
    assert changed["description"] == "less light"
    status, gone = served.call("DELETE", f"{dataset}/versions/2")
    assert (status, gone["state"]) == (202, "deleting")
    status, reply = served.call("DELETE", f"{dataset}/versions/1")
    assert (status, reply["error"]["code"]) == (409, "last_version")
    assert served.call("PATCH", f"{dataset}/versions/9", {"description": ""})[0] == 404
    assert served.ok("GET", dataset)["latest_version"] == 1


def test_a_version_is_copied_as_an_import_of_its_dataset(served: Api, world: World) -> None:
    dataset_id = served.ok("POST", "/datasets", NEW)["dataset_id"]
    key = VersionKey(scope=world.scope, dataset_id=dataset_id, version_number=1)
    world.imported(key, archive(labelled_pairs(2)))
    body = {"source": {"version_number": 1}}
    copied = served.ok("POST", f"/datasets/{dataset_id}/versions", body)
    assert (copied["version_number"], copied["state"]) == (2, "importing")
    status, reply = served.call("POST", f"/datasets/{dataset_id}/versions", {"source": {"version_number": 2}})
    assert (status, reply["error"]["code"]) == (409, "version_busy")
    assert (
        served.call("POST", f"/datasets/{dataset_id}/versions", {"source": {"version_number": 9}})[0] == 404
    )


def test_datasets_are_filtered_by_type(served: Api) -> None:
    served.ok("POST", "/datasets", NEW)
    text = {"data_type": "text", "annotation_type": "text_classification", "template": "single_label"}
    served.ok("POST", "/datasets", {"name": "texts", **text})
    found = served.ok("GET", "/datasets", data_type="text")["items"]
    assert [row["name"] for row in found] == ["texts"]
    found = served.ok("GET", "/datasets", annotation_type="image_classification")["items"]
    assert [row["name"] for row in found] == ["digits"]
    assert served.ok("GET", "/datasets", data_type="table")["items"] == []
