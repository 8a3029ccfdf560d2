"""Events and log lines leave once, in order, and survive a service that is away."""

import asyncio
from collections import Counter
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.events.dispatcher import BusUnavailable, EventDispatcher
from sagemaker_local.logs.metric_dispatcher import MetricDispatcher, MetricsUnavailable
from sagemaker_local.logs.shipper import LogEvent, LogServiceUnavailable, LogShipper
from sagemaker_local.protocol.arns import Scope
from sagemaker_local.state import cursors, metric_outbox, outbox
from sagemaker_local.state.database import Database
from sagemaker_local.state.metric_outbox import Datum
from sagemaker_local.state.outbox import OutboxEvent


class FlakyBus:
    """Away at first, then refuses one event once."""

    def __init__(self) -> None:
        self.calls = 0
        self.taken: list[str] = []

    def put(self, events: list[OutboxEvent]) -> list[int]:
        self.calls += 1
        if self.calls == 1:
            raise BusUnavailable("away")
        good = [event for event in events if not (self.calls == 2 and event.arn == "a")]
        self.taken += [f"{event.arn}{event.detail}" for event in good]
        return [event.event_id for event in good]


def test_events_arrive_in_order_per_resource_whatever_the_bus_does(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        database, bus = Database(tmp_path / "db"), FlakyBus()

        def work(connection: object) -> None:
            for number in range(3):
                for arn in ("a", "b"):
                    outbox.add(connection, arn=arn, detail_type="t", detail={"n": number}, happened_at=0.0)  # type: ignore[arg-type]

        await database.run(work)
        task = asyncio.create_task(EventDispatcher(database, bus).run())
        while await database.read(outbox.unsent_count):
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        database.close()
        return bus.taken

    taken = asyncio.run(scene())
    for arn in ("a", "b"):
        assert [one for one in taken if one.startswith(arn)] == [
            f'{arn}{{"n": {number}}}' for number in range(3)
        ]


class Streams:
    """Takes a batch and then loses the connection before it can say so."""

    def __init__(self) -> None:
        self.events: list[LogEvent] = []
        self.breaks_after_taking = True

    def put(self, scope: Scope | None, group: str, stream: str, events: list[LogEvent]) -> None:
        self.events += events
        if self.breaks_after_taking:
            self.breaks_after_taking = False
            raise LogServiceUnavailable("connection lost")

    def last(self, scope: Scope | None, group: str, stream: str) -> LogEvent | None:
        return self.events[-1] if self.events else None


def test_a_batch_whose_answer_was_lost_is_not_sent_twice(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        database, streams = Database(tmp_path / "db"), Streams()
        folder = tmp_path / "runs" / "p1"
        folder.mkdir(parents=True)
        (folder / "log").write_bytes(b"1 O one\n1 O two\n")
        await database.run(lambda connection: cursors.open_log(connection, "p1", "g", "s"))
        first = LogShipper(database, streams, tmp_path / "runs")
        try:
            await first.ship_all()
        except LogServiceUnavailable:
            with (folder / "log").open("ab") as log:
                log.write(b"2 O three\n")
        assert await LogShipper(database, streams, tmp_path / "runs").finish(["p1"], 5)
        database.close()
        return [event.message for event in streams.events]

    assert asyncio.run(scene()) == ["one", "two", "three"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 400), st.floats(0, 3))))
def test_no_metric_value_is_lost_however_they_are_gathered(seen: list[tuple[str, int, float]]) -> None:
    values = [(name, float(value), at) for name, value, at in seen]
    gathered = metric_outbox.gather(values)
    back = Counter[tuple[str, int, float]]()
    for name, second, counts in gathered:
        assert len(counts) <= 150
        back.update({(name, second, value): count for value, count in counts.items()})
    assert back == Counter((name, int(at), value) for name, value, at in values)


class Sink:
    """Away once, then takes everything."""

    def __init__(self) -> None:
        self.calls = 0
        self.taken: list[Datum] = []

    def put(self, scope: Scope, namespace: str, data: list[Datum]) -> None:
        self.calls += 1
        if self.calls == 1:
            raise MetricsUnavailable("away")
        self.taken += data


def test_metrics_wait_for_their_service_and_arrive_once(tmp_path: Path) -> None:
    async def scene() -> Sink:
        database, sink = Database(tmp_path / "db"), Sink()
        values = [("loss", float(number), 7.5) for number in range(400)]
        await database.run(
            lambda c: metric_outbox.add(
                c,
                scope=Scope("us-east-1", "000000000000"),
                namespace="n",
                dimensions={"d": "x"},
                values=values,
            )
        )
        dispatcher = MetricDispatcher(database, sink)
        for _ in range(3):
            try:
                await dispatcher.send_batch()
            except MetricsUnavailable:
                continue
        database.close()
        return sink

    sink = asyncio.run(scene())
    assert sorted(value for one in sink.taken for value, _ in one.values) == [float(n) for n in range(400)]


def test_a_stream_that_cannot_be_delivered_does_not_hold_up_the_end_of_a_job(tmp_path: Path) -> None:
    class Away(Streams):
        def put(self, scope: Scope | None, group: str, stream: str, events: list[LogEvent]) -> None:
            raise LogServiceUnavailable("away")

    async def scene() -> bool:
        database = Database(tmp_path / "db")
        folder = tmp_path / "runs" / "p1"
        folder.mkdir(parents=True)
        (folder / "log").write_bytes(b"1 O one\n")
        await database.run(lambda connection: cursors.open_log(connection, "p1", "g", "s"))
        delivered = await LogShipper(database, Away(), tmp_path / "runs").finish(["p1"], 60)
        still_open = await database.read(cursors.open_logs)
        database.close()
        return not delivered and len(still_open) == 1

    assert asyncio.run(scene())
