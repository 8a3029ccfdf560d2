"""What live's repository owes; the fake behind the unit tests passes the same suite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from openbml.core.scope import ProjectScope
from openbml.live.connections import (
    MOST_TOPICS,
    Connection,
    ConnectionGoneError,
    LiveRepository,
    StoredTicket,
    TooManyTopicsError,
    Visitor,
)
from openbml.live.live_dynamodb import DynamoLiveRepository
from tests.contract.emulator import make_table
from tests.fakes.live_memory import InMemoryLiveRepository

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_IDS = count(1)


def new_connection(project_id: int | None = None) -> Connection:
    scope = ProjectScope(account_id=1, region="eu-central-1", project_id=project_id or next(_IDS))
    visitor = Visitor(scope=scope, user_id=2, permissions=frozenset({"training.read"}))
    return Connection(connection_id=f"c{next(_IDS)}=", visitor=visitor, opened_at=NOON)


class LiveRepositoryContract:
    def test_of_two_who_take_a_ticket_one_gets_it(self, live: LiveRepository) -> None:
        ticket = StoredTicket(
            digest=f"d{next(_IDS)}", visitor=new_connection().visitor, valid_until=NOON + timedelta(minutes=1)
        )
        live.add_ticket(ticket)
        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(live.take_ticket, [ticket.digest] * 4))
        assert taken.count(ticket) == 1
        assert taken.count(None) == 3

    def test_followers_are_those_of_the_project_and_topic(self, live: LiveRepository) -> None:
        here, there = new_connection(), new_connection()
        for connection in (here, there):
            live.add_connection(connection)
            live.follow(connection, ["run/1", "run/1", "run/2"])
        assert list(live.followers(here.visitor.scope, "run/1")) == [here.connection_id]
        assert list(live.followers(here.visitor.scope, "run/3")) == []

    def test_a_connection_knows_what_it_follows(self, live: LiveRepository) -> None:
        connection = new_connection()
        live.add_connection(connection)
        assert live.find_connection(connection.connection_id) == connection
        live.follow(connection, ["run/1", "run/2"])
        live.unfollow(_found(live, connection), ["run/1", "never"])
        assert _found(live, connection).topics == {"run/2"}
        assert list(live.followers(connection.visitor.scope, "run/1")) == []

    def test_a_removed_connection_follows_nothing_and_can_be_removed_again(
        self, live: LiveRepository
    ) -> None:
        connection = new_connection()
        live.add_connection(connection)
        live.follow(connection, ["run/1"])
        live.remove_connection(connection.connection_id)
        live.remove_connection(connection.connection_id)
        assert live.find_connection(connection.connection_id) is None
        assert list(live.followers(connection.visitor.scope, "run/1")) == []

    def test_a_connection_that_has_gone_cannot_follow(self, live: LiveRepository) -> None:
        connection = new_connection()
        with pytest.raises(ConnectionGoneError):
            live.follow(connection, ["run/1"])
        with pytest.raises(ConnectionGoneError):
            live.unfollow(connection, ["run/1"])
        assert list(live.followers(connection.visitor.scope, "run/1")) == []

    def test_topics_are_limited(self, live: LiveRepository) -> None:
        connection = new_connection()
        live.add_connection(connection)
        live.follow(connection, [f"run/{number}" for number in range(MOST_TOPICS)])
        with pytest.raises(TooManyTopicsError):
            live.follow(_found(live, connection), ["run/x"])


def _found(live: LiveRepository, connection: Connection) -> Connection:
    found = live.find_connection(connection.connection_id)
    assert found is not None
    return found


class TestInMemory(LiveRepositoryContract):
    @pytest.fixture
    def live(self) -> LiveRepository:
        return InMemoryLiveRepository()


@pytest.mark.contract
class TestDynamo(LiveRepositoryContract):
    @pytest.fixture
    def live(self, emulator_url: str) -> LiveRepository:
        return DynamoLiveRepository(make_table(emulator_url, "live"))
