"""Every documented code comes with its literal message, in the manual's order (spec 08, 3.3, 4.4, 4.5).

The cases are the rows of the catalogue: a row without a way to get it fails here.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.invocations import InvocationDeniedError, ModelFailedError, ModelNotReadyError
from openbml.core.public_calls import call_of
from openbml.services.policies import Limits
from openbml.services.prediction.answers import MOST_BODY_BYTES, Answer
from openbml.services.prediction.replies import error_reply
from openbml_catalog.errors import PredictionError, Retry, prediction_errors
from tests.fakes.prediction_desk import PATH, PredictionDesk

# The table of spec 08 section 4.4 and 4.5, written down once more: the catalogue is held to it.
MANUAL = {
    1: "Unknown error",
    2: "Service temporarily unavailable",
    3: "Unsupported openapi method",
    4: "Open api request limit reached",
    6: "No permission to access data",
    13: "Get service token failed",
    14: "IAM Certification failed",
    15: "app not exists or create failed",
    17: "Open api daily request limit reached",
    18: "Open api qps request limit reached",
    19: "Open api total request limit reached",
    100: "Invalid parameter",
    110: "Access token invalid or no longer valid",
    111: "Access token expired",
    336000: "Internal error",
    336001: "Invalid Argument",
    336002: "JSON不合法",
    336003: "Base64解码失败",
    336004: "输入文件大小不合法",
    336006: "缺失必要参数",
    336100: "model temporarily unavailable",
    337000: "Auth check failed",
}
UNDECODABLE = {"图片解码失败", "文本解码失败", "音频解码失败", "解码失败"}

Case = Callable[[], Answer]


def broken(*_: object, **__: object) -> Any:
    raise ConnectionError("unreachable")


def limited(limits: Limits, calls: int, *, cluster_qps: int = 0) -> Case:
    def answer() -> Answer:
        desk = PredictionDesk(limits, cluster_qps=cluster_qps)
        token = desk.token()
        return [desk.answer(token) for _ in range(calls)][-1]

    return answer


def asked(outcome: bytes | Exception) -> Case:
    def answer() -> Answer:
        desk = PredictionDesk()
        desk.invoker.outcome = outcome
        return desk.answer(desk.token())

    return answer


def foreign() -> Answer:
    desk = PredictionDesk()
    return desk.answer(desk.token(desk.application(account_id=8)))


def expired() -> Answer:
    desk = PredictionDesk()
    token = desk.token()
    desk.now.pass_time(days=31)
    return desk.answer(token)


def deleted() -> Answer:
    desk = PredictionDesk()
    application = desk.application()
    token = desk.token(application)
    desk.repository.remove(application)
    return desk.answer(token)


def without_identity() -> Answer:
    desk = PredictionDesk()
    token = desk.token()
    desk.repository.find_token = broken  # type: ignore[method-assign]
    return desk.answer(token)


def without_table() -> Answer:
    desk = PredictionDesk()
    token = desk.token()
    desk.routes.route = broken  # type: ignore[method-assign]
    return desk.answer(token)


CASES: Mapping[str, Case] = {
    "unavailable": without_table,
    "unsupported_method": lambda: (desk := PredictionDesk()).answer(desk.token(), method="GET"),
    "cluster_limit": limited(Limits(), 2, cluster_qps=1),
    "no_permission": foreign,
    "service_token_failed": without_identity,
    "certification_failed": asked(InvocationDeniedError(deployment_id="5")),
    "application_missing": deleted,
    "daily_limit": limited(Limits(daily=1), 2),
    "qps_limit": limited(Limits(qps=1), 2),
    "total_limit": limited(Limits(total=1), 2),
    "invalid_parameter": lambda: PredictionDesk().answer(None),
    "token_invalid": lambda: PredictionDesk().answer("24.nobody"),
    "token_expired": expired,
    "internal": asked(ModelFailedError(deployment_id="5", status=500)),
    "size_invalid": lambda: (desk := PredictionDesk()).answer(
        desk.token(), body=b"x" * (MOST_BODY_BYTES + 1)
    ),
    "model_unavailable": asked(ModelNotReadyError(deployment_id="5")),
}
# Told by the model, which looks into the body; passed on as they are.
OF_THE_MODEL = {
    "invalid_argument",
    "json_invalid",
    "base64_invalid",
    "image_undecodable",
    "text_undecodable",
    "audio_undecodable",
    "entity_undecodable",
    "parameter_missing",
}
# `unknown` is the function's own, of what nobody expected; `licence_failed` is of private servers.
ELSEWHERE = {"unknown", "licence_failed"}


def test_the_catalogue_says_what_the_manual_says() -> None:
    rows = prediction_errors().values()

    assert {row.code: row.message for row in rows if row.code != 336005} == MANUAL
    assert {row.message for row in rows if row.code == 336005} == UNDECODABLE


def test_every_row_has_its_way() -> None:
    assert set(prediction_errors()) == {*CASES, *OF_THE_MODEL, *ELSEWHERE}


@pytest.mark.parametrize(("name", "row"), [(name, prediction_errors()[name]) for name in CASES])
def test_a_code_comes_with_its_literal_message(name: str, row: PredictionError) -> None:
    answer = CASES[name]()
    reply = json.loads(answer.body)

    assert reply == {"log_id": reply["log_id"], "error_code": row.code, "error_msg": row.message}
    assert 2**53 < reply["log_id"] < 2**63
    assert (answer.retry_after_s is not None) is (row.code in (4, 18, 336100))


@pytest.mark.parametrize("name", sorted(OF_THE_MODEL))
def test_what_the_model_says_of_a_body_is_passed_on(name: str) -> None:
    row = prediction_errors()[name]
    said = json.dumps({"error_code": row.code, "error_msg": row.message}, ensure_ascii=False).encode()
    answer = asked(said)()

    reply = json.loads(answer.body)
    assert (reply["error_code"], reply["error_msg"]) == (row.code, row.message)
    assert answer.report is not None
    assert answer.report.record.error_code == row.code


def test_what_nobody_expected_is_left_to_the_function() -> None:
    with pytest.raises(ZeroDivisionError):
        asked(ZeroDivisionError())()
    reply = json.loads(error_reply("unknown", 7))
    assert reply == {"log_id": 7, "error_code": 1, "error_msg": "Unknown error"}


def test_the_classes_of_repeats_are_the_manuals() -> None:
    classes: dict[Retry, set[int]] = {}
    for row in prediction_errors().values():
        classes.setdefault(row.retry, set()).add(row.code)

    assert classes[Retry.TOKEN] == {110, 111}
    assert classes[Retry.BACK_OFF] == {1, 2, 4, 13, 18, 336000}
    assert classes[Retry.WAIT] == {336100}
    assert classes[Retry.NEVER] == {3, 6, 14, 15, 17, 19, 100, 337000, *range(336001, 336007)}


# Each step with what breaks it, in the order of spec 08 section 3.3.
STEPS = [100, 110, 111, 15, 3, 6, 19, 17, 18, 4, 336004, 336100]


@pytest.mark.parametrize("first", STEPS)
def test_of_several_faults_the_first_in_the_manuals_order_is_told(first: int) -> None:
    desk = PredictionDesk(Limits(total=1, daily=1, qps=1), cluster_qps=1)
    broken_from = STEPS[STEPS.index(first) :]
    application = desk.application(account_id=8 if 6 in broken_from else 7)
    token = desk.token(application)
    if not {100, 110, 111, 15, 3, 6} & set(broken_from) or first in (19, 17, 18, 4):
        _use_up(desk, token, broken_from)
    desk.invoker.outcome = ModelNotReadyError(deployment_id="5")
    if 111 in broken_from:
        desk.now.pass_time(days=30)
    if 15 in broken_from:
        desk.repository.remove(application)
    if 110 in broken_from:
        token = "24.nobody"
    desk.seconds += 60

    code = desk.code(
        None if first == 100 else token,
        path=PATH + "x" if 3 in broken_from else PATH,
        body=b"x" * (MOST_BODY_BYTES + 1) if 336004 in broken_from else b"{}",
    )

    assert code == first


def _use_up(desk: PredictionDesk, token: str, broken_from: list[int]) -> None:
    """Use up the limits that are to refuse the call, and no earlier one."""
    limits = {19: ("total", 1), 17: ("daily", 1), 18: ("qps", 1)}
    kept = {name: most for code, (name, most) in limits.items() if code in broken_from}
    desk.says(limits=Limits(**kept))
    if kept or 4 in broken_from:
        desk.call(token)


HOSTILE = st.text(st.characters(), max_size=300) | st.sampled_from(
    ["\x00", "24.\x00", "a" * 100_000, "%00", "24.'; DROP", "\ud800", "24.é", "../../x", "24.x\r\nA: b"]
)


@given(token=HOSTILE, path=HOSTILE, name=HOSTILE, body=st.binary(max_size=64))
def test_hostile_requests_are_answered_with_documented_bodies(
    token: str, path: str, name: str, body: bytes
) -> None:
    event = {
        "httpMethod": "POST",
        "path": PATH + path,
        "headers": {name: token, "content-type": token},
        "queryStringParameters": {"access_token": token, name: path, "routing_key": name},
        "multiValueQueryStringParameters": {"access_token": [token]},
        "body": body.decode("latin-1"),
        "isBase64Encoded": False,
    }

    reply = json.loads(PredictionDesk().api.answer(call_of(event)).body)

    assert reply["error_code"] in (100, 110)


def test_a_token_that_stands_there_twice_is_code_100_unless_both_are_the_same() -> None:
    desk = PredictionDesk()
    token = desk.token()

    def code(*tokens: str) -> int | None:
        event = {
            "httpMethod": "POST",
            "path": PATH,
            "queryStringParameters": {"access_token": tokens[-1]},
            "multiValueQueryStringParameters": {"access_token": list(tokens)},
            "body": "{}",
        }
        reply: dict[str, Any] = json.loads(desk.api.answer(call_of(event)).body)
        return reply.get("error_code")

    assert code(token, token) is None
    assert code("24.other", token) == 100


def test_a_body_at_the_limit_reaches_the_model() -> None:
    desk = PredictionDesk()

    assert desk.code(desk.token(), body=b"x" * MOST_BODY_BYTES) is None
