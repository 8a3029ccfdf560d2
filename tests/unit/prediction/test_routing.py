"""Two online versions: shares, callers who are kept together, failures, copies (spec 03 section 9.5)."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import InvocationTimeoutError, ModelFailedError, ModelNotReadyError
from openbml.services.policies import Traffic
from openbml.services.prediction.routing import Role, chosen_role
from openbml.services.routes import Route
from tests.fakes.prediction_desk import CHALLENGER, MAIN, PATH, PredictionDesk
from tests.fakes.services_samples import SCOPE

ANSWER = b'{"results": [{"name": "digit_4", "score": 0.8}]}'


def route(share: int, **traffic: Any) -> Route:
    return Route(
        suffix="digits-5",
        segment="classification",
        service_id=5,
        scope=SCOPE,
        main=MAIN,
        challenger=CHALLENGER,
        traffic=Traffic(challenger_share=share, **traffic),
    )


@pytest.mark.parametrize("share", [0, 1, 20, 50, 99, 100])
def test_shares_show_within_statistical_error(share: int) -> None:
    draw = random.Random(7).random

    hits = sum(chosen_role(route(share), None, draw) is Role.CHALLENGER for _ in range(10_000))

    spread = (10_000 * share / 100 * (1 - share / 100)) ** 0.5
    assert abs(hits - 100 * share) <= 4 * spread


def test_shares_are_right_while_they_change() -> None:
    draw = random.Random(7).random
    shares = [calls * 100 // 20_000 for calls in range(20_000)]

    hits = sum(chosen_role(route(share), None, draw) is Role.CHALLENGER for share in shares)

    assert abs(hits - sum(shares) / 100) <= 4 * (20_000 / 6) ** 0.5


@given(st.text(max_size=60), st.integers(0, 100), st.integers(0, 100))
def test_a_growing_share_only_moves_keys_to_the_challenger(key: str, before: int, after: int) -> None:
    low, high = sorted((before, after))
    roles = [chosen_role(route(share, sticky=True), key, lambda: 0.5) for share in (low, high)]

    assert roles != [Role.CHALLENGER, Role.MAIN]


def test_keys_spread_by_the_share_and_differently_for_each_service() -> None:
    keys = [f"user {number}" for number in range(4_000)]
    here = route(30, sticky=True)
    elsewhere = here.model_copy(update={"service_id": 6})

    chosen, others = (
        {key for key in keys if chosen_role(one, key, lambda: 0.0) is Role.CHALLENGER}
        for one in (here, elsewhere)
    )

    assert abs(len(chosen) - 1_200) <= 120
    assert abs(len(chosen & others) - 360) <= 75


def test_without_a_key_or_without_the_wish_calls_are_split_at_random() -> None:
    assert chosen_role(route(50, sticky=True), None, lambda: 0.49) is Role.CHALLENGER
    assert chosen_role(route(50), "user 1", lambda: 0.51) is Role.MAIN
    assert chosen_role(route(50).model_copy(update={"challenger": None}), None, lambda: 0.0) is Role.MAIN
    assert chosen_role(route(50, shadow=True), None, lambda: 0.0) is Role.MAIN


@dataclass
class Case:
    desk: PredictionDesk
    token: str


@pytest.fixture
def case() -> Case:
    desk = PredictionDesk()
    desk.says(challenger=CHALLENGER, traffic=Traffic(challenger_share=100))
    desk.invoker.outcomes["5b"] = ANSWER
    return Case(desk, desk.token())


def test_the_record_says_which_version_answered(case: Case) -> None:
    answer = case.desk.answer(case.token)

    assert b"digit_4" in answer.body
    assert answer.report is not None
    record = answer.report.record
    assert (record.role, record.model_version, record.labels) == ("challenger", 2, ("digit_4",))


def test_a_call_names_the_revision_that_the_route_knows(case: Case) -> None:
    challenger = CHALLENGER.model_copy(update={"revision": 4})
    case.desk.says(challenger=challenger, traffic=Traffic(challenger_share=100))

    case.desk.answer(case.token)

    assert case.desk.invoker.revisions == [4]


def test_shares_that_change_under_load_fail_no_call(case: Case) -> None:
    with ThreadPoolExecutor(4) as clients:
        calls = [clients.submit(case.desk.answer, case.token) for _ in range(400)]
        for share in (80, 0, 50, 100):
            case.desk.says(traffic=Traffic(challenger_share=share))
            case.desk.seconds += 11
        answers = [call.result() for call in calls]

    assert all(b'"results"' in answer.body for answer in answers)
    later = [case.desk.answer(case.token).report for _ in range(20)]
    assert {report.record.role for report in later if report} == {"challenger"}


@pytest.mark.parametrize("failure", [ModelNotReadyError, HostingNotFoundError])
def test_a_challenger_that_is_not_there_leaves_the_call_to_the_main_version(case: Case, failure: Any) -> None:
    case.desk.invoker.outcomes["5b"] = failure(deployment_id="5b")

    answer = case.desk.answer(case.token)

    assert b"digit_3" in answer.body
    assert answer.report is not None
    assert (answer.report.record.role, answer.report.record.model_version) == ("main", 1)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (ModelFailedError(deployment_id="5b", status=500), 336000),
        (InvocationTimeoutError(deployment_id="5b"), 336100),
        (b"<html>", 336000),
        (b'{"error_code": 336003, "error_msg": "x"}', 336003),
    ],
    ids=str,
)
def test_a_challenger_that_fails_is_answered_as_it_is(case: Case, outcome: Any, code: int) -> None:
    case.desk.invoker.outcomes["5b"] = outcome

    assert case.desk.code(case.token) == code
    assert [deployment for deployment, *_ in case.desk.invoker.calls] == ["5b"]


def test_a_routing_key_goes_through_the_whole_way(case: Case) -> None:
    case.desk.says(traffic=Traffic(challenger_share=50, sticky=True))

    def answered(key: str) -> set[int | None]:
        answers = [case.desk.answer(case.token, routing_key=key).report for _ in range(5)]
        return {report.record.model_version for report in answers if report}

    assert all(len(answered(f"user {number}")) == 1 for number in range(20))


def test_after_a_promotion_calls_of_a_remembered_route_find_the_new_main_version(case: Case) -> None:
    case.desk.says(traffic=Traffic())
    assert case.desk.code(case.token) is None
    case.desk.says(main=CHALLENGER, challenger=None)
    case.desk.invoker.outcomes["5"] = HostingNotFoundError(deployment_id="5")

    assert case.desk.code(case.token) is None


class TestShadows:
    @pytest.fixture
    def case(self, case: Case) -> Case:
        case.desk.says(traffic=Traffic(challenger_share=100, shadow=True))
        return case

    def test_callers_get_the_main_answer_and_the_copy_is_recorded_apart(self, case: Case) -> None:
        answer = case.desk.answer(case.token)
        assert b"digit_3" in answer.body

        assert case.desk.answer_shadows() == [True]
        assert case.desk.answer_shadows() == [False]

        (report,) = case.desk.reports.reports
        assert answer.report is not None
        assert report.record.log_id != answer.report.record.log_id
        assert (report.record.role, report.record.model_version) == ("shadow", 2)
        assert case.desk.invoker.calls[-1][1] == b'{"image": "abc"}'
        assert case.desk.objects.files == {}

    def test_a_shadow_that_fails_is_recorded_and_not_asked_again(self, case: Case) -> None:
        case.desk.invoker.outcomes["5b"] = ModelNotReadyError(deployment_id="5b")
        case.desk.call(case.token)

        case.desk.answer_shadows()

        assert case.desk.reports.reports[0].record.error_code == 336100
        assert case.desk.answer_shadows() == [False]

    def test_a_copy_that_cannot_be_handed_over_costs_the_caller_nothing(self, case: Case) -> None:
        case.desk.objects.refusing = True

        assert case.desk.code(case.token) is None
        assert case.desk.shadows_lost == 1

    def test_calls_that_reach_no_model_are_not_copied(self, case: Case) -> None:
        foreign = case.desk.token(case.desk.application(account_id=8))

        assert case.desk.code(foreign) == 6
        assert case.desk.code(case.token, path=PATH + "x") == 3
        assert case.desk.shadow_orders.messages == []
