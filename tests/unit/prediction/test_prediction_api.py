"""The public API: order of checks, codes and messages of spec 08 sections 3 and 4."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import InvocationTimeoutError, ModelFailedError, ModelNotReadyError
from openbml.core.public_calls import PublicCall, call_of, http_reply
from openbml.services.policies import Limits
from openbml.services.prediction.answers import MOST_BODY_BYTES
from openbml.services.prediction.gateway_events import is_token_request, token_parameters
from openbml.services.prediction.replies import ReplyMalformedError, with_log_id
from openbml.services.prediction.tokens import token_reply
from openbml.services.repositories import CallRight
from tests.fakes.compute_memory import NOON
from tests.fakes.prediction_desk import PATH
from tests.fakes.prediction_desk import PredictionDesk as Desk
from tests.fakes.services_samples import SCOPE, report


def test_a_good_call_is_passed_on_untouched_and_answered_with_a_log_id() -> None:
    desk = Desk()

    reply = desk.call(desk.token())

    assert reply["results"] == [{"name": "digit_3", "score": 0.9}]
    assert list(reply) == ["log_id", "results"]
    assert desk.invoker.calls == [("5", b'{"image": "abc"}', "application/json;charset=UTF-8")]


@pytest.mark.parametrize("token", [None, "", "a b", "x" * 300, "24.\n"])
def test_a_missing_or_malformed_token_is_code_100(token: str | None) -> None:
    assert Desk().call(token)["error_code"] == 100


def test_an_unknown_token_is_code_110_with_the_literal_message() -> None:
    reply = Desk().call("24.unknown")

    assert reply["error_code"] == 110
    assert reply["error_msg"] == "Access token invalid or no longer valid"


def test_an_expired_token_is_code_111_and_a_deleted_application_15() -> None:
    desk = Desk()
    application = desk.application()
    expired = desk.token(application)
    desk.now.pass_time(days=30)
    assert desk.code(expired) == 111

    fresh = desk.token(application)
    desk.repository.remove(application)
    assert desk.code(fresh) == 15
    assert desk.code(expired) == 111  # expired comes first in the manual's order


@pytest.mark.parametrize(
    "changes",
    [
        {"path": "/rpc/2.0/ai_custom_bml/v1/classification/nobody"},
        {"path": "/rpc/2.0/ai_custom_bml/v1/detection/digits-5"},
        {"path": "/rpc/2.0/ai_custom_bml/v1/classification"},
        {"path": "/rpc/1.0/ai_custom_bml/v1/classification/digits-5"},
        {"path": PATH + "/more"},
        {"path": PATH + "\n"},
        {"method": "GET"},
        {"method": "PUT"},
    ],
    ids=lambda changes: next(iter(changes.values())).strip(),
)
def test_what_does_not_exist_is_code_3(changes: dict[str, Any]) -> None:
    desk = Desk()

    assert desk.code(desk.token(), **changes) == 3
    assert desk.invoker.calls == []


def test_the_token_is_checked_before_the_route() -> None:
    assert Desk().code("24.unknown", path="/rpc/nothing") == 110


def test_an_application_of_another_account_needs_a_right() -> None:
    desk = Desk()
    foreign = desk.application(account_id=8)
    token = desk.token(foreign)
    assert desk.code(token) == 6

    desk.rights.grant(CallRight(service_id=5, app_id=foreign.app_id, granted_at=NOON))
    assert desk.code(token) is None
    desk.rights.revoke(5, foreign.app_id)
    desk.seconds += 11
    assert desk.code(token) == 6


@pytest.mark.parametrize(
    ("limits", "code"), [(Limits(total=2), 19), (Limits(daily=2), 17), (Limits(qps=2), 18)]
)
def test_limits_have_their_codes_and_count_per_application(limits: Limits, code: int) -> None:
    desk = Desk(limits)
    token, other = desk.token(), desk.token()

    assert [desk.code(token) for _ in range(3)] == [None, None, code]
    assert desk.code(other) is None


def test_a_refused_call_counts_in_no_other_limit() -> None:
    desk = Desk(Limits(total=3, qps=1))
    token = desk.token()

    assert [desk.code(token) for _ in range(5)] == [None, 18, 18, 18, 18]
    desk.now.pass_time(seconds=1)
    assert desk.code(token) is None
    desk.now.pass_time(seconds=1)
    assert desk.code(token) is None
    desk.now.pass_time(seconds=1)
    assert desk.code(token) == 19


def test_days_are_those_of_beijing() -> None:
    desk = Desk(Limits(daily=1))
    token = desk.token()
    desk.now.at = NOON.replace(hour=15, minute=59)
    assert [desk.code(token), desk.code(token)] == [None, 17]

    desk.now.at = NOON.replace(hour=16)

    assert desk.code(token) is None


def test_a_service_without_limits_counts_nothing() -> None:
    desk = Desk()
    desk.call(desk.token())

    assert desk.tallies.writes == 0


def test_a_body_no_endpoint_takes_is_code_336004() -> None:
    desk = Desk()

    assert desk.code(desk.token(), body=b"x" * (MOST_BODY_BYTES + 1)) == 336004
    assert desk.invoker.calls == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (ModelNotReadyError(deployment_id="5"), 336100),
        (HostingNotFoundError(deployment_id="5"), 336100),
        (InvocationTimeoutError(deployment_id="5"), 336100),
        (ModelFailedError(deployment_id="5", status=500), 336000),
        (b"<html>", 336000),
        (b"", 336000),
        (b'{"error_code": 336003, "error_msg": "x"}', 336003),
    ],
    ids=str,
)
def test_what_the_model_does_wrong_has_its_code(outcome: bytes | Exception, code: int) -> None:
    desk = Desk()
    desk.invoker.outcome = outcome

    assert desk.code(desk.token()) == code


def test_a_stopped_service_is_code_336100_once_the_memory_has_passed() -> None:
    desk = Desk()
    token = desk.token()
    assert desk.code(token) is None
    desk.services.save(desk.services.get(SCOPE, 5).stopped_by_user(desk.now()))

    desk.seconds += 11

    assert desk.code(token) == 336100
    assert len(desk.invoker.calls) == 1


def test_a_service_that_comes_back_is_seen_at_once() -> None:
    desk = Desk()
    token = desk.token()
    running = desk.services.get(SCOPE, 5)
    stopping = running.stopped_by_user(desk.now())
    desk.services.save(stopping)
    assert desk.code(token) == 336100

    stopped = stopping.removed(desk.now())
    desk.services.save(stopped)
    again = stopped.restarted(desk.now())
    desk.services.save(again)
    desk.services.save(again.observed(report("in_service", desk.now() + timedelta(minutes=1), 2)))

    assert desk.code(token) is None


def test_every_call_of_a_service_is_recorded_without_its_content() -> None:
    desk = Desk()
    token = desk.token()
    call = PublicCall(method="POST", path=PATH, token=token, content_type="", body=b'{"image": "secret"}')
    desk.invoker.outcome = b'{"error_code": 336006, "error_msg": "x"}'

    report = desk.api.answer(call).report

    assert report is not None
    assert report.recorded
    assert (report.record.service_id, report.record.error_code) == (5, 336006)
    assert "secret" not in report.model_dump_json()
    assert desk.api.answer(call.model_copy(update={"token": "24.x"})).report is None


def test_what_is_remembered_is_not_asked_for_again_within_seconds() -> None:
    desk = Desk()
    token = desk.token()
    desk.call(token)
    application = desk.repository.find(SCOPE.account_id, 1)
    assert application is not None
    desk.repository.remove(application)

    assert desk.code(token) is None
    desk.seconds += 11
    assert desk.code(token) == 15


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=4))
def test_a_reply_keeps_every_member_behind_its_log_id(document: dict[str, Any]) -> None:
    document.pop("log_id", None)
    sent = json.dumps(document).encode()

    assert json.loads(with_log_id(sent, 7)) == {"log_id": 7, **document}
    assert json.loads(with_log_id(b" \n" + sent + b"\n", 7))["log_id"] == 7


@pytest.mark.parametrize("reply", [b"", b"[]", b"null", b"{", b'"{}"'])
def test_a_reply_that_is_no_object_is_an_error(reply: bytes) -> None:
    with pytest.raises(ReplyMalformedError):
        with_log_id(reply, 7)


def event(**changes: Any) -> dict[str, Any]:
    fields = {
        "httpMethod": "POST",
        "path": PATH,
        "headers": {"content-TYPE": "application/json"},
        "queryStringParameters": {"access_token": "24.x"},
        "body": base64.b64encode(b"\xff\xfe{}").decode(),
        "isBase64Encoded": True,
    }
    return {**fields, **changes}


def test_bytes_that_are_no_text_reach_the_model_as_they_were_sent() -> None:
    call = call_of(event())

    assert (call.body, call.content_type, call.token) == (b"\xff\xfe{}", "application/json", "24.x")


@pytest.mark.parametrize(
    "changes",
    [
        {"body": None, "isBase64Encoded": False},
        {"body": "not base64!"},
        {"queryStringParameters": None},
        {"headers": None},
        {"body": "\ud800", "isBase64Encoded": False},
    ],
    ids=str,
)
def test_odd_events_are_calls_too(changes: dict[str, Any]) -> None:
    assert isinstance(call_of(event(**changes)).body, bytes)


def test_tokens_are_given_for_the_right_keys_only() -> None:
    desk = Desk()
    desk.application()

    def ask(**parameters: str) -> dict[str, Any]:
        given = {"grant_type": "client_credentials", "client_id": "key1", "client_secret": "secret"}
        document: dict[str, Any] = json.loads(token_reply({**given, **parameters}, issuer=desk.applications))
        return document

    good = ask()
    assert good["expires_in"] == 2592000
    assert desk.code(good["access_token"]) is None
    assert ask(client_id="nobody") == {"error": "invalid_client", "error_description": "unknown client id"}
    wrong = ask(client_secret="x")
    assert wrong == {"error": "invalid_client", "error_description": "Client authentication failed"}
    assert ask(grant_type="password")["error"] == "unsupported_grant_type"


def test_token_parameters_come_from_the_query_or_a_form() -> None:
    form = {
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "queryStringParameters": None,
        "body": base64.b64encode(b"grant_type=client_credentials&client_id=a&client_secret=b%2Bc").decode(),
    }

    assert token_parameters(event(**form))["client_secret"] == "b+c"
    assert token_parameters(event(queryStringParameters={"client_id": "q"}))["client_id"] == "q"
    assert is_token_request(event(path="/oauth/2.0/token", httpMethod="GET"))
    assert not is_token_request(event(path="/oauth/2.0/token", httpMethod="PUT"))


def test_replies_are_http_200_json_that_nobody_stores() -> None:
    reply = http_reply('{"error_msg": "图片解码失败"}'.encode())

    assert reply["statusCode"] == 200
    assert reply["headers"]["Cache-Control"] == "no-store"
    assert json.loads(reply["body"])["error_msg"] == "图片解码失败"
