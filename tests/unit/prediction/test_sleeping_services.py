"""Calls of services that sleep: they wake them, and wait, get a ticket, or are refused (spec 03, 9.4)."""

import json
from typing import Any

import pytest

from openbml.compute.hostings import HostingNotFoundError
from openbml.compute.invocations import ModelNotReadyError
from openbml.services.policies import Traffic, WhileAsleep
from openbml.services.prediction.answers import RETRY_AFTER_S
from openbml.services.prediction.routing import chosen_role
from openbml.services.repositories import CallRight
from openbml.services.services import ServiceState
from tests.fakes.compute_memory import NOON
from tests.fakes.prediction_desk import CHALLENGER, MAIN, PredictionDesk
from tests.fakes.services_memory import RecordedQueue
from tests.fakes.services_samples import SCOPE

TICKETS = "/rpc/2.0/ai_custom_bml/v1/tickets"


def asleep(policy: WhileAsleep) -> tuple[PredictionDesk, str]:
    desk = PredictionDesk()
    desk.says(main=None, sleeps=True, while_asleep=policy)
    return desk, desk.token()


def test_a_call_waits_until_the_service_runs() -> None:
    desk, token = asleep(WhileAsleep.WAIT)
    desk.awakes_after = 20

    answer = desk.answer(token)

    assert b"digit_3" in answer.body
    assert len(desk.wakes.orders) == 1
    assert all(0.1 <= pause <= 0.2 for pause in desk.slept)
    assert len(set(desk.slept)) > 10
    assert answer.report is not None
    assert answer.report.record.waited_ms == pytest.approx(1000 * sum(desk.slept), abs=2)


def test_a_call_that_waited_for_25_seconds_is_336100_with_a_time_to_come_back() -> None:
    desk, token = asleep(WhileAsleep.WAIT)
    began = desk.now()

    answer = desk.answer(token)

    assert json.loads(answer.body)["error_code"] == 336100
    assert answer.retry_after_s == RETRY_AFTER_S
    assert 24.9 <= (desk.now() - began).total_seconds() <= 25.1
    assert desk.invoker.calls == []


def test_a_model_that_woke_late_still_has_time_to_answer_before_the_gateway_gives_up() -> None:
    desk, token = asleep(WhileAsleep.WAIT)
    desk.awakes_after = 160

    assert desk.code(token) is None

    assert 2 <= desk.invoker.timeouts_s[-1] <= 29 - sum(desk.slept)


def test_waiting_ends_when_the_service_will_not_wake_up() -> None:
    desk, token = asleep(WhileAsleep.WAIT)

    desk.on_sleep = lambda: desk.says(sleeps=False)

    assert desk.code(token) == 336100


def test_of_a_herd_one_call_wakes_the_service() -> None:
    desk, token = asleep(WhileAsleep.REFUSE)

    assert {desk.code(token) for _ in range(50)} == {336100}
    assert len(desk.wakes.orders) == 1
    desk.now.pass_time(seconds=31)
    desk.code(token)
    assert len(desk.wakes.orders) == 2


def test_a_refused_call_says_when_to_come_back() -> None:
    desk, token = asleep(WhileAsleep.REFUSE)

    assert desk.answer(token).retry_after_s == RETRY_AFTER_S
    assert desk.slept == []


def test_a_service_that_fell_asleep_since_its_route_was_remembered_is_woken_up() -> None:
    desk = PredictionDesk()
    token = desk.token()
    assert desk.code(token) is None
    desk.says(main=None, sleeps=True)
    desk.invoker.outcomes["5"] = HostingNotFoundError(deployment_id="5")
    desk.awakes_after = 3
    desk.on_sleep = desk.invoker.outcomes.clear

    assert desk.code(token) is None
    assert len(desk.wakes.orders) == 1


def test_calls_without_a_right_wake_nothing() -> None:
    desk, _ = asleep(WhileAsleep.WAIT)
    foreign = desk.application(account_id=8)
    token = desk.token(foreign)

    assert desk.code(token) == 6
    assert desk.wakes.orders == []
    assert desk.last_calls.last(5) is None

    desk.rights.grant(CallRight(service_id=5, app_id=foreign.app_id, granted_at=NOON))
    desk.code(token)
    assert len(desk.wakes.orders) == 1


def test_a_service_that_cannot_be_woken_is_code_2() -> None:
    desk, token = asleep(WhileAsleep.WAIT)
    desk.wakes.refusing = True

    assert desk.code(token) == 2


def test_an_updating_service_answers_with_the_old_version() -> None:
    desk = PredictionDesk()
    running = desk.services.get(SCOPE, 5)
    updating = running.changed(running.main.wanted.model_copy(update={"compute_units": 4}), desk.now())
    desk.services.save(updating)

    assert updating.state is ServiceState.UPDATING
    assert desk.code(desk.token()) is None
    assert desk.wakes.orders == []


def test_last_calls_are_noted_every_15_seconds_at_most() -> None:
    desk = PredictionDesk()
    token = desk.token()
    began = desk.now()
    for _ in range(10):
        desk.call(token)
        desk.now.pass_time(seconds=1)
        desk.seconds += 1
    assert desk.last_calls.last(5) == began

    desk.seconds += 6
    noted = desk.now()
    desk.call(token)

    assert desk.last_calls.last(5) == noted


class TestTickets:
    def take(self, **changes: Any) -> tuple[PredictionDesk, str, str]:
        desk, token = asleep(WhileAsleep.TICKET)
        answer = desk.answer(token, **changes)
        reply = json.loads(answer.body)
        assert (reply["error_code"], answer.retry_after_s) == (336100, RETRY_AFTER_S)
        assert answer.report is None
        return desk, token, reply["ticket"]

    def fetch(self, desk: PredictionDesk, token: str, ticket: str) -> dict[str, Any]:
        return desk.call(token, method="GET", path=f"{TICKETS}/{ticket}")

    def test_the_answer_comes_once_the_service_runs_and_may_be_fetched_again(self) -> None:
        desk, token, ticket = self.take(body=b'{"image": "later"}')
        assert self.fetch(desk, token, ticket)["error_code"] == 336100
        assert desk.answer_tickets() == [False]
        assert len(desk.wakes.orders) == 1

        desk.now.pass_time(seconds=40)
        desk.says(main=MAIN, sleeps=False)
        assert desk.answer_tickets() == [True]

        first, again = (self.fetch(desk, token, ticket) for _ in range(2))
        assert first == again
        assert first["results"] == [{"name": "digit_3", "score": 0.9}]
        assert desk.invoker.calls == [
            ("5", b'{"image": "later"}', "application/json;charset=UTF-8"),
        ]
        (report,) = desk.reports.reports
        assert report.record.log_id == first["log_id"]
        assert report.record.waited_ms == 40_000

    def test_a_repeated_order_changes_neither_answer_nor_record(self) -> None:
        desk, token, ticket = self.take()
        desk.says(main=MAIN, sleeps=False)
        desk.ticket_orders.messages *= 3
        desk.answer_tickets()
        answer = self.fetch(desk, token, ticket)
        desk.invoker.outcome = b'{"results": []}'
        desk.ticket_orders.messages = []

        assert answer["results"]
        assert self.fetch(desk, token, ticket) == answer
        assert len(desk.reports.reports) == 1

    def test_a_model_that_is_not_ready_yet_is_asked_again(self) -> None:
        desk, token, ticket = self.take()
        desk.says(main=MAIN, sleeps=False)
        desk.invoker.outcome = ModelNotReadyError(deployment_id="5")
        assert desk.answer_tickets() == [False]
        desk.invoker.outcome = b'{"results": []}'

        assert desk.answer_tickets() == [True]
        assert self.fetch(desk, token, ticket)["results"] == []

    def test_a_service_that_does_not_come_back_within_an_hour_is_336100_for_good(self) -> None:
        desk, token, ticket = self.take()
        desk.now.pass_time(minutes=61)

        assert desk.answer_tickets() == [True]

        answer = desk.answer(token, method="GET", path=f"{TICKETS}/{ticket}")
        assert json.loads(answer.body)["error_code"] == 336100
        assert answer.retry_after_s is None
        assert desk.ticket_orders.messages == []

    def test_a_service_that_was_deleted_is_code_3(self) -> None:
        desk, token, ticket = self.take()
        desk.says(service_id=77)

        assert desk.answer_tickets() == [True]
        assert self.fetch(desk, token, ticket)["error_code"] == 3

    def test_tickets_are_their_applications_and_their_accounts(self) -> None:
        desk, token, ticket = self.take()
        desk.says(main=MAIN, sleeps=False)
        desk.answer_tickets()

        assert "results" in self.fetch(desk, desk.token(), ticket)
        assert self.fetch(desk, desk.token(desk.application(account_id=8)), ticket)["error_code"] == 3
        assert self.fetch(desk, token, "0" * 40)["error_code"] == 3
        assert self.fetch(desk, "24.x", ticket)["error_code"] == 110
        assert self.fetch(desk, token, "%00../../x")["error_code"] == 3
        assert desk.code(token, path=f"{TICKETS}/{ticket}") == 3

    def test_a_ticket_is_over_after_a_day(self) -> None:
        desk, token, ticket = self.take()
        desk.says(main=MAIN, sleeps=False)
        desk.answer_tickets()
        desk.now.pass_time(hours=24)

        assert self.fetch(desk, token, ticket)["error_code"] == 3

    def test_a_ticket_may_be_answered_by_either_version(self) -> None:
        desk, token, ticket = self.take()
        desk.says(main=MAIN, challenger=CHALLENGER, traffic=Traffic(challenger_share=100), sleeps=False)
        desk.answer_tickets()

        assert desk.reports.reports[0].record.role == "challenger"
        assert "results" in self.fetch(desk, token, ticket)

    def test_a_ticket_keeps_its_callers_routing_key(self) -> None:
        desk, _, _ = self.take(routing_key="user 1")
        (ticket,) = desk.tickets.tickets.values()
        sticky = Traffic(challenger_share=50, sticky=True)
        desk.says(main=MAIN, challenger=CHALLENGER, traffic=sticky, sleeps=False)
        desk.answer_tickets()
        assert desk.routes.said is not None

        assert ticket.routing_key == "user 1"
        expected = chosen_role(desk.routes.said, "user 1", lambda: 0.0)
        assert desk.reports.reports[0].record.role == expected

    def test_a_report_that_is_lost_is_sent_again_before_anybody_sees_the_answer(self) -> None:
        desk, token, ticket = self.take()
        desk.says(main=MAIN, sleeps=False)
        orders = list(desk.ticket_orders.messages)
        desk.reports.refusing = True
        with pytest.raises(ConnectionError):
            desk.answer_tickets()
        assert self.fetch(desk, token, ticket)["error_code"] == 336100

        desk.reports.refusing = False
        desk.ticket_orders.messages = orders
        desk.answer_tickets()

        assert "results" in self.fetch(desk, token, ticket)
        assert len(desk.reports.reports) == 1

    def test_a_ticket_that_cannot_be_queued_is_no_ticket(self) -> None:
        desk, token = asleep(WhileAsleep.TICKET)
        assert isinstance(desk.ticket_orders, RecordedQueue)
        desk.ticket_orders.refusing = True

        reply = desk.call(token)

        assert (reply["error_code"], "ticket" in reply) == (2, False)
