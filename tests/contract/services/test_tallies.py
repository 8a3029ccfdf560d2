"""What shared counts of calls, tickets and files of calls owe; the fakes pass the same suites."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from openbml.services.calls.expiring_objects import (
    ExpiringObjects,
    KeptObjectMissingError,
    Lifetime,
    call_key,
)
from openbml.services.calls.expiring_objects_s3 import S3ExpiringObjects
from openbml.services.prediction.leases import Tallies
from openbml.services.prediction.tallies_dynamodb import DynamoTallies
from openbml.services.prediction.tickets import Ticket, TicketNotFoundError, TicketRepository
from openbml.services.prediction.tickets_dynamodb import DynamoTickets
from tests.contract.emulator import client, make_table
from tests.fakes.calls_memory import InMemoryExpiringObjects, InMemoryTallies, InMemoryTickets
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract
TICKET = Ticket(
    ticket="0f" * 20,
    scope=SCOPE,
    service_id=5,
    suffix="digits-5",
    app_id=9,
    account_id=7,
    log_id=2**62,
    content_type="application/json",
    body_key="projects/42/services/5/tickets/0f",
    made_at=NOON,
)


class TalliesContract:
    def test_no_more_than_the_limit_are_counted_even_at_once(self, tallies: Tallies) -> None:
        def attempt(_: int) -> int:
            return tallies.take("5#9#total", wanted=3, most=20, forget_at=NOON).granted

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(10))) == 20
        assert tallies.take("5#9#total", wanted=1, most=20, forget_at=None) == (0, 0)
        assert tallies.take("5#9#total", wanted=9, most=25, forget_at=None) == (5, 0)
        assert tallies.take("another", wanted=9, most=5, forget_at=None) == (5, 0)

    def test_a_second_holds_its_calls_and_runs_out_at_their_pace(self, tallies: Tallies) -> None:
        def granted(seconds: float, wanted: int) -> int:
            at = NOON + timedelta(seconds=seconds)
            return tallies.pace("5#9", wanted=wanted, per_second=10, at=at).granted

        assert [granted(0, 4), granted(0, 10), granted(0, 1)] == [4, 6, 0]
        assert tallies.pace("5#9", wanted=1, per_second=10, at=NOON).wait_s == pytest.approx(0.1)
        assert [granted(0.1, 5), granted(0.5, 9), granted(9, 99)] == [1, 4, 10]

    def test_callers_at_once_share_a_second(self, tallies: Tallies) -> None:
        def attempt(_: int) -> int:
            return tallies.pace("5#9", wanted=2, per_second=9, at=NOON).granted

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(16))) <= 9


class TicketsContract:
    def test_a_ticket_is_answered_once(self, tickets: TicketRepository) -> None:
        tickets.add(TICKET)
        assert tickets.get(TICKET.ticket) == TICKET

        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(lambda key: tickets.answer(TICKET, key), ["a", "b", "c", "d"]))

        assert sum(won) == 1
        assert tickets.get(TICKET.ticket).answer_key == "abcd"[won.index(True)]

    def test_one_that_is_not_there_is_neither_found_nor_answered(self, tickets: TicketRepository) -> None:
        assert not tickets.answer(TICKET, "a")
        with pytest.raises(TicketNotFoundError):
            tickets.get(TICKET.ticket)


class ExpiringObjectsContract:
    def test_a_file_is_read_until_it_is_gone(self, objects: ExpiringObjects) -> None:
        key = call_key(SCOPE, 5, NOON, 2**62)
        objects.put(key, b"first", Lifetime.MONTH)
        objects.put(key, b"again", Lifetime.MONTH)
        assert objects.read(key) == b"again"
        assert key == "projects/42/services/5/calls/2026/03/01/4611686018427387904.json"
        assert key in objects.url(key)

        objects.delete(key)
        objects.delete(key)

        with pytest.raises(KeptObjectMissingError):
            objects.read(key)


class TestInMemory(TalliesContract, TicketsContract, ExpiringObjectsContract):
    @pytest.fixture
    def tallies(self) -> InMemoryTallies:
        return InMemoryTallies()

    @pytest.fixture
    def tickets(self) -> InMemoryTickets:
        return InMemoryTickets()

    @pytest.fixture
    def objects(self) -> InMemoryExpiringObjects:
        return InMemoryExpiringObjects()


class TestAws(TalliesContract, TicketsContract, ExpiringObjectsContract):
    @pytest.fixture
    def tallies(self, emulator_url: str) -> DynamoTallies:
        return DynamoTallies(make_table(emulator_url, "services"))

    @pytest.fixture
    def tickets(self, emulator_url: str) -> DynamoTickets:
        return DynamoTickets(make_table(emulator_url, "services"))

    @pytest.fixture
    def objects(self, emulator_url: str) -> S3ExpiringObjects:
        s3 = client("s3", emulator_url)
        s3.create_bucket(Bucket="call-files")
        return S3ExpiringObjects(s3, "call-files", s3)

    def test_files_carry_their_lifetime_as_the_tag_that_the_bucket_goes_by(
        self, objects: S3ExpiringObjects, emulator_url: str
    ) -> None:
        objects.put("a/ticket", b"x", Lifetime.DAY)

        tags = client("s3", emulator_url).get_object_tagging(Bucket="call-files", Key="a/ticket")["TagSet"]

        assert tags == [{"Key": "openbml-expires", "Value": "after-1-days"}]
