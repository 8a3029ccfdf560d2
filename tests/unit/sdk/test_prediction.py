"""The prediction client repeats what the manual says to repeat (spec 08, section 4.5), and nothing else."""

import json

import httpx
import pytest

from openbml_client.prediction import PredictionClient, PredictionError

SERVICE = "http://openbml.test/rpc/2.0/ai_custom_bml/v1/classification/digits"


class Platform:
    """Answers token and prediction calls from a script of replies."""

    def __init__(self, *replies: dict[str, object]) -> None:
        self.replies = list(replies)
        self.tokens = 0
        self.calls: list[str] = []
        self.bodies: list[dict[str, object]] = []
        self.waits: list[float] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/2.0/token":
            assert request.url.params["grant_type"] == "client_credentials"
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": 2592000})
        self.calls.append(request.url.params["access_token"])
        self.bodies.append(json.loads(request.content))
        return httpx.Response(200, json=self.replies.pop(0))

    def client(self) -> PredictionClient:
        http = httpx.Client(transport=httpx.MockTransport(self.answer))
        return PredictionClient("http://openbml.test", "ak", "sk", http=http, sleep=self.waits.append)


GOOD = {"log_id": 1, "results": [{"name": "digit_1", "score": 0.9}]}


def test_rows_are_answered_in_order_and_sent_in_calls_of_a_thousand() -> None:
    answers = [{"label": str(number), "scores": {}} for number in range(1_500)]
    platform = Platform(
        {"log_id": 1, "batch_results": answers[:1_000]}, {"log_id": 2, "batch_results": answers[1_000:]}
    )
    rows = [{"age": number, "city": None} for number in range(1_500)]

    assert platform.client().predict_rows(SERVICE, rows, explain=True) == answers
    first, second = platform.bodies
    assert (first["data"], second["data"]) == (rows[:1_000], rows[1_000:])
    assert first["explain"] is True


def test_long_rows_are_sent_in_calls_that_a_body_holds() -> None:
    platform = Platform(*({"batch_results": [{"value": 1.0}]} for _ in range(2)))
    rows = [{"text": "x" * 2_000_000}] * 2

    assert len(platform.client().predict_rows(SERVICE, rows)) == 2
    assert all("explain" not in body for body in platform.bodies)


def test_no_rows_need_no_call() -> None:
    assert Platform().client().predict_rows(SERVICE, []) == []


def test_the_token_is_fetched_once_for_many_calls() -> None:
    platform = Platform(GOOD, GOOD)
    client = platform.client()

    client.classify(SERVICE, b"x")
    client.classify(SERVICE, b"x")

    assert platform.tokens == 1


@pytest.mark.parametrize("code", [110, 111])
def test_a_dead_token_is_renewed_and_the_call_repeated_once(code: int) -> None:
    platform = Platform({"error_code": code, "error_msg": "x"}, GOOD)

    assert platform.client().classify(SERVICE, b"x") == GOOD
    assert platform.calls == ["t1", "t2"]


def test_a_token_refused_twice_is_an_error() -> None:
    refused = {"error_code": 110, "error_msg": "Access token invalid or no longer valid"}
    platform = Platform(refused, refused)

    with pytest.raises(PredictionError) as caught:
        platform.client().classify(SERVICE, b"x")

    assert caught.value.error_code == 110
    assert len(platform.calls) == 2


def test_a_model_that_is_not_ready_is_waited_for_a_minute() -> None:
    platform = Platform({"error_code": 336100, "error_msg": "model temporarily unavailable"}, GOOD)

    assert platform.client().classify(SERVICE, b"x") == GOOD
    assert platform.waits == [60.0]


@pytest.mark.parametrize("code", [3, 6, 14, 15, 17, 19, 100, 336001, 336002, 336003, 336004, 336005, 336006])
def test_what_a_repeat_cannot_mend_is_raised_at_once(code: int) -> None:
    platform = Platform({"error_code": code, "error_msg": "x", "log_id": 7})

    with pytest.raises(PredictionError) as caught:
        platform.client().classify(SERVICE, b"x")

    assert (caught.value.error_code, caught.value.log_id, len(platform.calls)) == (code, 7, 1)


def test_an_error_that_stays_is_raised_after_four_calls() -> None:
    busy = {"error_code": 18, "error_msg": "Open api qps request limit reached"}
    platform = Platform(busy, busy, busy, busy)

    with pytest.raises(PredictionError):
        platform.client().classify(SERVICE, b"x")

    assert len(platform.calls) == 4


def test_a_threshold_is_sent_only_where_one_is_given() -> None:
    found = {"log_id": 3, "results": [{"name": "cell", "score": 0.8, "mask": "d0"}]}
    platform = Platform(found, found)
    with platform.client() as client:
        assert client.predict_image(SERVICE, b"picture") == found
        assert client.predict_image(SERVICE, b"picture", threshold=0.25) == found
    assert platform.bodies == [{"image": "cGljdHVyZQ=="}, {"image": "cGljdHVyZQ==", "threshold": 0.25}]
