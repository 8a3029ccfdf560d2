"""Tokens for many threads, pauses, tickets and 64-bit ids of the prediction client (spec 08, 3.3 and 4.5)."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from openbml_catalog.errors import Retry, prediction_errors
from openbml_client import prediction_retries
from openbml_client.access_tokens import AccessTokens, PredictionError
from openbml_client.prediction import PredictionClient

SERVICE = "http://openbml.test/rpc/2.0/ai_custom_bml/v1/classification/digits"
TICKET = "http://openbml.test/rpc/2.0/ai_custom_bml/v1/tickets/0f"
NOT_READY = {"error_code": 336100, "error_msg": "model temporarily unavailable"}
GOOD = {"log_id": 1390582998516105217, "results": []}


class Platform:
    """Answers tokens, and calls from a script of replies with the seconds of their Retry-After."""

    def __init__(self, *replies: tuple[dict[str, Any], str | None], expires_in: float = 2_592_000) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []
        self.tokens = 0
        self.expires_in = expires_in
        self.waits: list[float] = []
        self.seconds = 0.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/2.0/token":
            self.tokens += 1
            reply = {"access_token": f"t{self.tokens}", "expires_in": self.expires_in}
            return httpx.Response(200, json=reply)
        self.requests.append(request)
        document, wait = self.replies.pop(0)
        return httpx.Response(200, json=document, headers={"Retry-After": wait} if wait else {})

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer))

    def client(self, **options: Any) -> PredictionClient:
        draws = {"draw": lambda: 0.5, **options}
        return PredictionClient(
            "http://openbml.test", "ak", "sk", http=self.http, sleep=self.waits.append, **draws
        )


def test_the_clients_table_is_the_catalogues() -> None:
    classes: dict[Retry, set[int]] = {}
    for row in prediction_errors().values():
        classes.setdefault(row.retry, set()).add(row.code)

    assert classes[Retry.TOKEN] == prediction_retries.TOKEN_ERRORS
    assert classes[Retry.BACK_OFF] == prediction_retries.BACK_OFF_ERRORS
    assert classes[Retry.WAIT] == prediction_retries.WAIT_ERRORS


def test_log_ids_keep_every_digit() -> None:
    assert Platform((GOOD, None)).client().predict(SERVICE, {})["log_id"] == 1390582998516105217


def test_pauses_grow_are_random_and_never_shorter_than_the_platform_says() -> None:
    busy = {"error_code": 18, "error_msg": "Open api qps request limit reached"}
    platform = Platform((busy, None), (busy, "3"), (busy, None), (GOOD, None))

    assert platform.client().predict(SERVICE, {}) == GOOD

    assert platform.waits == [0.25, 3.0, 1.0]


@pytest.mark.parametrize(("told", "waited"), [(None, 60.0), ("30", 30.0), ("soon", 60.0), ("-3", 0.0)])
def test_a_model_is_waited_for_as_long_as_the_platform_says(told: str | None, waited: float) -> None:
    platform = Platform((NOT_READY, told), (GOOD, None))

    assert platform.client().predict(SERVICE, {}) == GOOD
    assert platform.waits == [waited]


def test_the_wait_for_a_model_may_be_chosen_or_left_out() -> None:
    platform = Platform((NOT_READY, None), (GOOD, None))
    platform.client(ready_wait_s=5).predict(SERVICE, {})
    assert platform.waits == [5]

    with pytest.raises(PredictionError) as caught:
        Platform((NOT_READY, "30")).client(wait_for_model=False).predict(SERVICE, {})
    assert caught.value.error_code == 336100


def test_a_ticket_is_followed_until_the_answer_is_there() -> None:
    given = {**NOT_READY, "log_id": 7, "ticket": "0f"}
    platform = Platform(
        (given, "30"),
        ({**NOT_READY, "log_id": 7}, "5"),
        ({"error_code": 111, "error_msg": "Access token expired"}, None),
        ({**NOT_READY, "log_id": 7}, "5"),
        ({**GOOD, "log_id": 7}, None),
    )

    answer = platform.client().predict(SERVICE, {"image": "x"})

    assert answer == {**GOOD, "log_id": 7}
    assert platform.waits == [5.0, 5.0]
    assert [(request.method, str(request.url.copy_with(query=None))) for request in platform.requests] == [
        ("POST", SERVICE),
        *[("GET", TICKET)] * 4,
    ]
    assert platform.requests[-1].url.params["access_token"] == "t2"


def test_a_ticket_whose_call_failed_or_that_takes_too_long_is_an_error() -> None:
    failed = Platform(({"error_code": 336000, "error_msg": "Internal error", "log_id": 7}, None))
    with pytest.raises(PredictionError) as caught:
        failed.client().fetch(SERVICE, "0f")
    assert (caught.value.error_code, caught.value.log_id) == (336000, 7)

    late = Platform(*[(NOT_READY, "5")] * 4)
    with pytest.raises(PredictionError):
        late.client().fetch(SERVICE, "0f", timeout_s=15)
    assert late.waits == [5.0] * 3


def test_without_waiting_the_error_carries_the_ticket() -> None:
    platform = Platform(({**NOT_READY, "ticket": "0f"}, "30"))

    with pytest.raises(PredictionError) as caught:
        platform.client(wait_for_model=False).predict(SERVICE, {})

    assert caught.value.ticket == "0f"


def test_a_routing_key_is_a_query_parameter() -> None:
    platform = Platform((GOOD, None))

    platform.client().predict(SERVICE, {"text": "x"}, routing_key="user 1")

    (request,) = platform.requests
    assert request.url.params["routing_key"] == "user 1"
    assert json.loads(request.content) == {"text": "x"}


class TestTokens:
    def tokens(self, platform: Platform) -> AccessTokens:
        return AccessTokens(
            "http://openbml.test/", "ak", "sk", http=platform.http, clock=lambda: platform.seconds
        )

    def test_threads_share_one_token(self) -> None:
        platform = Platform()
        tokens = self.tokens(platform)
        barrier = threading.Barrier(8)

        def current(_: int) -> str:
            barrier.wait(timeout=10)
            return tokens.current()

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(current, range(8))) == {"t1"}
        assert platform.tokens == 1

    @pytest.mark.parametrize(("lifetime", "kept"), [(2_592_000, 2_588_399), (100, 89)])
    def test_a_token_is_replaced_before_it_expires(self, lifetime: float, kept: float) -> None:
        platform = Platform(expires_in=lifetime)
        tokens = self.tokens(platform)
        assert tokens.current() == "t1"

        platform.seconds = kept
        assert tokens.current() == "t1"
        platform.seconds = kept + 1
        assert tokens.current() == "t2"

    def test_a_refused_token_is_replaced_once_for_all_who_were_refused(self) -> None:
        platform = Platform()
        tokens = self.tokens(platform)
        old = tokens.current()

        tokens.refused(old)
        assert tokens.current() == "t2"
        tokens.refused(old)

        assert tokens.current() == "t2"
