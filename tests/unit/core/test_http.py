"""The control API's shell: every failure becomes the same envelope."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError, PermissionDeniedError
from openbml.core.http import control_api, no_content, principal_of
from openbml.core.scope import Principal

EVENT = json.loads((Path(__file__).parents[3] / "functions/serve_identity_api/event.json").read_text())


class UnlistedError(OpenBMLError):
    """Stands in no table."""


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str
    count: int


router = APIGatewayRouter()


@router.post("/v1/things", status_code=201)
def create(body: Thing) -> Thing:
    return body


@router.delete("/v1/things/<thing_id>", status_code=204)
def delete(thing_id: int) -> Any:
    return no_content()


@router.get("/v1/things/<name>")
def fail(name: str) -> Thing:
    errors = {
        "denied": PermissionDeniedError(permission="things.read", project_id=3),
        "unlisted": UnlistedError(secret="s3cr3t"),
        "crash": KeyError("s3cr3t"),
    }
    if name == "wrong-reply":
        return "text"  # type: ignore[return-value]  # what validation of replies is for
    raise errors[name]


@router.get("/v1/whoami")
def whoami() -> Principal:
    return principal_of(router.current_event)


APP = control_api(router)


def call(method: str, path: str, body: str | None = None, **changes: Any) -> tuple[int, Any]:
    event = {**EVENT, "httpMethod": method, "path": path, "body": body, **changes}
    reply = APP.resolve(event, None)
    assert json.dumps(reply, default=dict)
    return int(reply["statusCode"]), json.loads(reply["body"]) if reply["body"] else None


def test_a_create_answers_201_with_the_model() -> None:
    assert call("POST", "/v1/things", '{"name":"a","count":1}') == (201, {"name": "a", "count": 1})


def test_a_delete_answers_204_with_empty_text() -> None:
    assert call("DELETE", "/v1/things/5") == (204, None)


def test_a_domain_error_is_answered_by_the_catalogues_row() -> None:
    status, body = call("GET", "/v1/things/denied")
    assert status == 403
    assert body["error"]["code"] == "permission_denied"
    assert "things.read" in body["error"]["message"]
    assert body["error"]["details"] == {"permission": "things.read", "project_id": 3}
    assert body["error"]["request_id"] == EVENT["requestContext"]["requestId"]


@pytest.mark.parametrize("name", ["crash", "wrong-reply"])
def test_anything_unexpected_is_internal_and_tells_nothing(name: str) -> None:
    status, body = call("GET", f"/v1/things/{name}")
    assert (status, body["error"]["code"]) == (500, "internal_error")
    assert "s3cr3t" not in json.dumps(body)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("{nope", "body"),
        ("", "body"),
        ("[]", "body"),
        ("null", "body"),
        ('{"count":1}', "name"),
        ('{"name":"a","count":"many"}', "count"),
        ('{"name":"a","count":1,"extra":2}', "extra"),
        ('{"name":"\\ud800","count":1}', "body"),
        ('{"name":"a","count":NaN}', "body"),
        pytest.param('{"name":"a","count":' + "9" * 5000 + "}", "body", id="a number of 5,000 digits"),
        pytest.param("[" * 100_000, "body", id="nested too deeply"),
    ],
)
def test_a_malformed_body_names_the_field(sent: str, field: str) -> None:
    status, body = call("POST", "/v1/things", sent)
    assert (status, body["error"]["code"]) == (400, "invalid_request")
    assert body["error"]["details"]["field"] == field


def test_what_was_sent_is_not_sent_back() -> None:
    _, body = call("POST", "/v1/things", json.dumps({"name": ["pässword"] * 10, "count": "pässword"}))
    assert "pässword" not in json.dumps(body, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content_type", "sent"),
    [
        ("application/xml", "<a/>"),
        ("multipart/form-data", '{"name": "a", "count": 1}'),
        ("multipart/form-data; boundary=b", "--b--"),
        ("application/x-www-form-urlencoded", "name=a&count=1"),
        ("text/plain", '{"name": "a", "count": 1}'),
    ],
)
def test_a_body_of_another_type_is_an_invalid_request(content_type: str, sent: str) -> None:
    headers = {"Content-Type": content_type}
    status, body = call(
        "POST", "/v1/things", sent, headers=headers, multiValueHeaders={"Content-Type": [content_type]}
    )
    assert (status, body["error"]["code"]) == (400, "invalid_request")
    assert body["error"]["details"]["field"] == "Content-Type"


def test_an_unknown_route_is_404() -> None:
    status, body = call("GET", "/v1/nothing")
    assert (status, body["error"]["code"]) == (404, "route_not_found")


def test_a_path_parameter_of_the_wrong_type_names_itself() -> None:
    status, body = call("DELETE", "/v1/things/five")
    assert (status, body["error"]["details"]["field"]) == (400, "thing_id")


def test_the_principal_is_the_authorizers() -> None:
    status, body = call("GET", "/v1/whoami")
    assert (status, body) == (
        200,
        {"account_id": 2, "user_id": 1, "email": "ada@example.com", "is_owner": True},
    )


def test_without_the_authorizer_nobody_is_signed_in() -> None:
    context = {name: value for name, value in EVENT["requestContext"].items() if name != "authorizer"}
    status, body = call("GET", "/v1/whoami", requestContext=context)
    assert (status, body["error"]["code"]) == (401, "not_signed_in")
