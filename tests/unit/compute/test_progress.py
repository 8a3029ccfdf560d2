"""What jobs print: tagged lines become records, hostile ones do no harm."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.compute.events import JobProgressed
from openbml.compute.names import ComputeNames
from openbml.compute.progress import Delivery, RawLine, ingest_progress, record_of
from openbml.training.run_progress import sorted_records
from tests.fakes.compute_memory import InMemoryJobRepository, RecordedEvents
from tests.fakes.compute_samples import job

STREAM = "openbml-dev-run-1001/algo-1-1772366400"
EPOCH = '##openbml {"kind": "epoch", "epoch": 1, "train_loss": 0.5}'


class Marks:
    def __init__(self) -> None:
        self.kept: set[tuple[str, str]] = set()

    def has(self, job_id: str, digest: str) -> bool:
        return (job_id, digest) in self.kept

    def put(self, job_id: str, digest: str) -> None:
        self.kept.add((job_id, digest))


class World:
    def __init__(self) -> None:
        self.jobs = InMemoryJobRepository()
        self.jobs.add(job())
        self.marks = Marks()
        self.events = RecordedEvents()

    def ingest(self, *messages: str, stream: str = STREAM) -> int:
        lines = [
            RawLine(id=f"e{number}", timestamp=1772366400000, message=message)
            for number, message in enumerate(messages)
        ]
        return ingest_progress(
            Delivery(log_stream=stream, lines=lines),
            names=ComputeNames(stage="dev"),
            jobs=self.jobs,
            marks=self.marks,
            events=self.events,
        )

    @property
    def published(self) -> list[JobProgressed]:
        return [event for event in self.events.published if isinstance(event, JobProgressed)]


@pytest.fixture
def world() -> World:
    return World()


def test_tagged_lines_become_records_and_others_stay_lines_in_order(world: World) -> None:
    world.ingest("loading", EPOCH, "train_loss=0.5 epoch=1\n", '##openbml {"kind":"stage","stage":"done"}')
    (event,) = world.published
    assert [record["kind"] for record in event.records] == ["epoch", "stage"]
    assert [line.text for line in event.lines] == ["loading", "train_loss=0.5 epoch=1"]
    assert [line.id for line in event.lines] == sorted(line.id for line in event.lines)


def test_a_delivery_that_comes_twice_is_passed_on_once(world: World) -> None:
    assert (world.ingest(EPOCH), world.ingest(EPOCH)) == (1, 0)
    assert len(world.published) == 1


def test_a_delivery_that_could_not_be_passed_on_is_passed_on_by_its_repeat(world: World) -> None:
    world.events.refusing = True
    with pytest.raises(ConnectionError):
        world.ingest(EPOCH)
    world.events.refusing = False
    assert world.ingest(EPOCH) == 1


@pytest.mark.parametrize(
    "stream",
    [
        "openbml-prod-run-1001/algo-1-1",
        "openbml-dev-run-9999/algo-1-1",
        "someone-else/algo-1-1",
        "",
        "openbml-dev-run-",
    ],
)
def test_lines_of_other_jobs_are_passed_over(world: World, stream: str) -> None:
    assert world.ingest(EPOCH, stream=stream) == 0
    assert world.published == []


@pytest.mark.parametrize(
    "line",
    [
        "##openbml ",
        "##openbml {",
        "##openbml []",
        "##openbml 1e999999",
        '##openbml "text"',
        "##openbml " + "[" * 10_000,
        "##openbml " + '{"a":' * 3_000,
        "##openbml " + json.dumps({"kind": "epoch", "text": "x" * 20_000}),
        '##openbml {"kind": "epoch", "epoch": ' + "9" * 5_000 + "}",
        "\x00\x1b[31m\ud800",
    ],
)
def test_a_hostile_line_is_shown_and_harms_nothing(world: World, line: str) -> None:
    message = line.encode("utf-8", "replace").decode()
    assert world.ingest(message, EPOCH) == 2
    (event,) = world.published
    assert len(event.records) == 1
    assert len(event.lines[0].text) <= 2048
    assert all(sign.isprintable() for sign in event.lines[0].text)


def test_not_a_number_becomes_null() -> None:
    assert record_of('##openbml {"kind": "epoch", "loss": NaN, "x": -Infinity}') == {
        "kind": "epoch",
        "loss": None,
        "x": None,
    }


def test_events_stay_below_the_limit_of_the_bus(world: World) -> None:
    world.ingest(*["界" * 2_000 for _ in range(500)])
    assert len(world.published) > 1
    assert sum(len(event.lines) for event in world.published) == 500
    assert all(len(event.model_dump_json().encode()) < 250_000 for event in world.published)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_record_is_sorted_without_an_error(value: Any) -> None:
    record = record_of("##openbml " + json.dumps(value))
    kinds = [
        {"kind": kind, "epoch": value, "epochs": value, "stage": value, "message": value, "loss": value}
        for kind in ("epoch", "stage", "note", "else")
    ]
    reported = sorted_records([*kinds, *([record] if record else [])])
    assert all(isinstance(row.flat()["epoch"], int) for row in reported.epochs)
    assert all(isinstance(note, str) for note in reported.notes)


def test_the_newest_epoch_is_the_progress() -> None:
    records = [{"kind": "epoch", "epoch": n, "epochs": 5, "loss": 1.0} for n in (2, 1)]
    progress = sorted_records(records).progress
    assert (progress.epoch, progress.epochs) == (2, 5)
