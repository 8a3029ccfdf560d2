"""`/v1/services`: calls as the function serves them, over fakes; refusals and rights included."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from openbml.core.errors import PermissionDeniedError
from openbml.core.http import control_api
from openbml.core.scope import Principal, ProjectScope
from openbml.identity.projects import ProjectAccess
from openbml.services import api_calls
from tests.fakes.calls_desk import CallsDesk
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE

EVENT = json.loads((Path(__file__).parents[3] / "functions/serve_services_api/event.json").read_text())
APP = control_api(api_calls.router)
PICTURE = {"image": base64.b64encode(b"picture").decode()}


class FakeAuthorizer:
    held: tuple[str, ...] = ("services.read", "services.write", "usage.read", "datasets.write")

    def require(self, principal: Principal, project_id: int, permission: str) -> ProjectAccess:
        if permission not in self.held:
            raise PermissionDeniedError(permission=permission, project_id=project_id)
        scope = SCOPE.model_copy(update={"project_id": project_id})
        return ProjectAccess(scope=scope, user_id=principal.user_id, permissions=frozenset(self.held))


class Sink:
    """A version that takes everything as new."""

    def check(self) -> None: ...

    def add(self, *_: object) -> tuple[int, bool, bool]:
        return 11, False, False


class Examples:
    def example(self, scope: ProjectScope, model_id: int, version_number: int) -> Mapping[str, Any]:
        return {"image": "…", "top_num": 3}


class Api:
    def __init__(self, desk: CallsDesk, authorizer: FakeAuthorizer) -> None:
        self.desk = desk
        self.authorizer = authorizer

    def call(self, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
        event = {
            **EVENT,
            "httpMethod": method,
            "path": f"/v1/services/projects/{SCOPE.project_id}{path}",
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
            "body": None if body is None else json.dumps(body),
        }
        reply = APP.resolve(event, LambdaContext())
        return int(reply["statusCode"]), json.loads(reply["body"]) if reply["body"] else None

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        return self.call("GET", path, **query)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    desk, authorizer = CallsDesk(), FakeAuthorizer()
    collaborators: dict[str, Any] = {
        "authorizer": lambda: authorizer,
        "call_book": lambda: desk.book,
        "call_objects": lambda: desk.objects,
        "call_readers": lambda: desk.readers,
        "example_requests": Examples,
        "feedback_book": lambda: desk.said,
        "public_url": lambda: "https://bml.example",
        "services": lambda: desk.services,
        "utc_now": desk.now,
        "version_samples": lambda *_: Sink(),
    }
    for name, value in collaborators.items():
        monkeypatch.setattr(api_calls, name, value)
    return Api(desk, authorizer)


def test_calls_are_filtered_and_paged(api: Api) -> None:
    wanted = [api.desk.called(error_code=336001, labels=("cat",)) for _ in range(3)]
    api.desk.called()
    api.desk.called(error_code=336001, at=NOON - timedelta(days=1))
    query = {
        "failed": "true",
        "from": "2026-03-01T12:00:00Z",
        "to": "2026-03-01T13:00:00+00:00",
        "limit": "2",
    }

    status, first = api.get("/services/5/calls", **query)
    _, second = api.get("/services/5/calls", **query, cursor=first["next_cursor"])

    assert status == 200
    assert [row["log_id"] for row in (*first["items"], *second["items"])] == [
        str(log_id) for log_id in reversed(wanted)
    ]
    assert second["next_cursor"] is None
    assert len(api.get("/services/5/calls", label="cat", role="main", error_code="336001")[1]["items"]) == 3
    other = api.get("/services/5/calls", cursor=first["next_cursor"])
    assert (other[0], other[1]["error"]["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"to": "2026-13-01"},
        {"role": "king"},
        {"failed": "perhaps"},
        {"error_code": "x"},
        {"limit": "101"},
        {"label": "x" * 129},
        {"cursor": "\x00"},
    ],
    ids=str,
)
def test_queries_that_say_nothing_are_400(api: Api, query: dict[str, str]) -> None:
    assert api.get("/services/5/calls", **query)[0] in (400, 422)


def test_a_call_is_shown_with_what_was_kept_and_said(api: Api) -> None:
    log_id = api.desk.called(PICTURE, labels=("cat",))
    path = f"/services/5/calls/{log_id}/feedback"

    assert api.call("PUT", path, {"correct": False, "expected": ["dog"]})[0] == 200
    status, shown = api.get(f"/calls/{log_id}")

    assert status == 200
    assert json.loads(shown["content"]["request"]) == PICTURE
    assert shown["feedback"]["expected"] == ["dog"]
    assert (shown["log_id"], shown["kept"]) == (str(log_id), True)
    assert api.get("/calls/123")[1]["error"]["code"] == "call_not_found"
    assert api.call("PUT", "/services/5/calls/123/feedback", {"correct": True})[0] == 404
    assert api.call("PUT", path, {"correct": "maybe", "more": 1})[0] in (400, 422)


def test_statistics_and_comparison_are_served(api: Api) -> None:
    api.desk.called(at=api.desk.now(), duration_ms=100)

    _, minutes = api.get("/services/5/metrics", minutes="5")
    _, usage = api.get("/usage", **{"from": "2026-02-20", "to": "2026-03-02"}, service_id="5", app_id="9")
    _, comparison = api.get("/services/5/comparison", **{"from": "2026-03-01T00:00:00Z"})

    assert [(row["role"], row["calls"]) for row in minutes["items"]] == [("main", 1)]
    assert [(row["day"], row["model_version"], row["calls"]) for row in usage["items"]] == [
        ("2026-03-01", 1, 1)
    ]
    assert comparison["verdict"] == "too_little_data"
    assert api.get("/usage", **{"from": "2026-03-02", "to": "2026-03-01"})[0] == 400
    assert api.get("/services/6/metrics")[0] == 404


def test_snippets_have_the_services_address(api: Api) -> None:
    _, found = api.get("/services/5/snippets")

    address = "https://bml.example/rpc/2.0/ai_custom_bml/v1/classification/digits-5"
    assert [row["language"] for row in found["items"]] == [
        "curl",
        "python",
        "javascript",
        "java",
        "php",
        "cpp",
    ]
    assert all(address in row["text"] and "top_num" in row["text"] for row in found["items"])


def test_what_was_sent_goes_to_a_dataset_with_the_right_to_both(api: Api) -> None:
    body = {"log_ids": [str(api.desk.called(PICTURE))], "dataset_id": 7, "version_number": 1}

    status, found = api.call("POST", "/services/5/feedback-imports", body)
    assert (status, found["items"][0]["outcome"], found["items"][0]["sample_id"]) == (200, "added", 11)

    api.authorizer.held = ("services.read", "services.write")
    assert api.call("POST", "/services/5/feedback-imports", body)[0] == 403
    assert api.get("/usage")[0] == 403
    api.authorizer.held = ()
    for path in ("/services/5/calls", "/calls/1", "/services/5/comparison", "/services/5/snippets"):
        assert api.get(path)[0] == 403
