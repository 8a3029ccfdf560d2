"""Tickets, topics and fan-out, against the in-memory repository."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from openbml.core.scope import ProjectScope
from openbml.identity.projects import ProjectAccess
from openbml.live.connections import MOST_TOPICS, ConnectionGoneError, Ticket, TicketRefusedError
from openbml.live.messages import answer
from openbml.live.topics import MOST_MESSAGE_BYTES, TopicRefusedError
from openbml.live.use_cases import fan_out, follow, issue_ticket, open_connection
from tests.fakes.live_memory import InMemoryLiveRepository, RecordingSender

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCOPE = ProjectScope(account_id=1, region="eu-central-1", project_id=3)
OTHER = ProjectScope(account_id=1, region="eu-central-1", project_id=4)
DEVELOPER = frozenset({"training.read", "datasets.read", "services.read"})


@pytest.fixture
def live() -> InMemoryLiveRepository:
    return InMemoryLiveRepository()


def ticket(
    live: InMemoryLiveRepository, scope: ProjectScope = SCOPE, permissions: frozenset[str] = DEVELOPER
) -> Ticket:
    access = ProjectAccess(scope=scope, user_id=2, permissions=permissions)
    return issue_ticket(access, public_url="https://bml.example", live=live, now=lambda: NOON)


def connect(live: InMemoryLiveRepository, connection_id: str, *topics: str, **of: Any) -> None:
    open_connection(connection_id, ticket(live, **of).ticket, live=live, now=lambda: NOON)
    if topics:
        follow(connection_id, topics, live=live)


def event(detail_type: str = "RunStateChanged", scope: ProjectScope = SCOPE, **detail: Any) -> dict[str, Any]:
    source = {"Import": "datasets", "Servic": "services"}.get(detail_type[:6], "training")
    return {
        "version": "0",
        "source": f"openbml.{source}",
        "detail-type": detail_type,
        "detail": {"version": 1, "scope": scope.model_dump(), "run_id": 5, "state": "running", **detail},
    }


def test_a_ticket_opens_one_connection(live: InMemoryLiveRepository) -> None:
    issued = ticket(live)
    assert issued.url == f"wss://bml.example/live?ticket={issued.ticket}"
    open_connection("c1", issued.ticket, live=live, now=lambda: NOON)
    with pytest.raises(TicketRefusedError):
        open_connection("c2", issued.ticket, live=live, now=lambda: NOON)


def test_a_ticket_is_kept_as_its_hash_and_lasts_a_minute(live: InMemoryLiveRepository) -> None:
    issued = ticket(live)
    assert issued.ticket not in repr(live.tickets)
    with pytest.raises(TicketRefusedError):
        open_connection("c1", issued.ticket, live=live, now=lambda: NOON + timedelta(seconds=60))


@pytest.mark.parametrize("hostile", [None, "", "x" * 100_000, "🎟", "\udcff"])
def test_hostile_tickets_are_refused(hostile: str | None, live: InMemoryLiveRepository) -> None:
    with pytest.raises(TicketRefusedError):
        open_connection("c1", hostile, live=live, now=lambda: NOON)


def test_an_event_reaches_who_follows_its_topic_in_its_project(live: InMemoryLiveRepository) -> None:
    connect(live, "follows", "run/5")
    connect(live, "follows-another", "run/6")
    connect(live, "other-project", "run/5", scope=OTHER)
    sender = RecordingSender()
    assert fan_out(event(), live=live, sender=sender) == 1
    [(connection_id, text)] = sender.sent
    assert connection_id == "follows"
    message = json.loads(text)
    assert message["topic"] == "run/5"
    assert message["type"] == "RunStateChanged"
    assert message["detail"] == {"version": 1, "run_id": 5, "state": "running"}


def test_connections_that_are_gone_are_forgotten_and_the_others_served(live: InMemoryLiveRepository) -> None:
    for name in ("a", "b", "c"):
        connect(live, name, "run/5")
    sender = RecordingSender(gone=["b"])
    assert fan_out(event(), live=live, sender=sender) == 2
    assert live.find_connection("b") is None
    assert live.followers(SCOPE, "run/5") == ["a", "c"]


@pytest.mark.parametrize(
    ("detail_type", "field", "topic"),
    [
        ("ImportStateChanged", "import_id", "import/9"),
        ("RunProgressed", "run_id", "run/9"),
        ("SearchProgressed", "search_id", "search/9"),
        ("ServiceStateChanged", "service_id", "service/9"),
    ],
)
def test_each_kind_of_event_has_its_topic(
    live: InMemoryLiveRepository, detail_type: str, field: str, topic: str
) -> None:
    connect(live, "c", topic)
    assert fan_out(event(detail_type, **{field: 9}), live=live, sender=RecordingSender()) == 1


def test_events_nobody_can_follow_are_passed_over(live: InMemoryLiveRepository) -> None:
    assert fan_out(event("ModelVersionPublished"), live=live, sender=RecordingSender()) == 0


def test_a_detail_too_large_for_one_message_is_left_out(live: InMemoryLiveRepository) -> None:
    connect(live, "c", "run/5")
    sender = RecordingSender()
    fan_out(event("RunProgressed", lines=["火" * MOST_MESSAGE_BYTES]), live=live, sender=sender)
    message = json.loads(sender.sent[0][1])
    assert message == {"topic": "run/5", "type": "RunProgressed", "detail": {}, "cut": True}


def test_a_topic_needs_its_permission(live: InMemoryLiveRepository) -> None:
    connect(live, "annotator", permissions=frozenset({"datasets.read"}))
    follow("annotator", ["import/1"], live=live)
    with pytest.raises(TopicRefusedError):
        follow("annotator", ["import/2", "run/5"], live=live)
    assert live.followers(SCOPE, "import/2") == []


def test_an_unknown_connection_cannot_follow(live: InMemoryLiveRepository) -> None:
    with pytest.raises(ConnectionGoneError):
        follow("nobody", ["run/5"], live=live)


def test_messages_are_answered(live: InMemoryLiveRepository) -> None:
    connect(live, "c")
    subscribe = json.dumps({"action": "subscribe", "topics": ["run/5", "run/5"]})
    assert json.loads(answer("c", subscribe, live=live)) == {"type": "subscribed", "topics": ["run/5"]}
    assert json.loads(answer("c", '{"action":"ping"}', live=live)) == {"type": "pong"}
    leave = json.dumps({"action": "unsubscribe", "topics": ["run/5"]})
    assert json.loads(answer("c", leave, live=live)) == {"type": "unsubscribed", "topics": ["run/5"]}
    assert live.followers(SCOPE, "run/5") == []


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", "invalid_request"),
        ("[]", "invalid_request"),
        ('{"action":"delete","topics":["run/5"]}', "invalid_request"),
        ('{"action":"subscribe","topics":[]}', "invalid_request"),
        ('{"action":"subscribe","topics":["run/5"],"project_id":4}', "invalid_request"),
        ('{"action":"subscribe","topics":["../../etc"]}', "topic_refused"),
        ('{"action":"subscribe","topics":["run/' + "9" * 5000 + '"]}', "topic_refused"),
        ('{"action":"subscribe","topics":["run/5#topic"]}', "topic_refused"),
        (
            json.dumps({"action": "subscribe", "topics": [f"run/{i}" for i in range(MOST_TOPICS + 1)]}),
            "invalid_request",
        ),
    ],
)
def test_refused_messages_say_why(live: InMemoryLiveRepository, message: str, code: str) -> None:
    connect(live, "c")
    reply = json.loads(answer("c", message, live=live))
    assert reply["type"] == "error"
    assert reply["error"]["code"] == code


def test_a_connection_follows_a_limited_number_of_topics(live: InMemoryLiveRepository) -> None:
    connect(live, "c", *[f"run/{i}" for i in range(MOST_TOPICS)])
    reply = json.loads(answer("c", '{"action":"subscribe","topics":["run/x"]}', live=live))
    assert reply["error"]["code"] == "too_many_topics"
