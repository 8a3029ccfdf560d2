"""Events and log lines leave once, in order, and survive a service that is away."""

import asyncio
from pathlib import Path

from sagemaker_local.events.dispatcher import BusUnavailable, EventDispatcher
from sagemaker_local.logs.shipper import LogEvent, LogServiceUnavailable, LogShipper
from sagemaker_local.state import cursors, outbox
from sagemaker_local.state.database import Database
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

    def put(self, group: str, stream: str, events: list[LogEvent]) -> None:
        self.events += events
        if self.breaks_after_taking:
            self.breaks_after_taking = False
            raise LogServiceUnavailable("connection lost")

    def last(self, group: str, stream: str) -> LogEvent | None:
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
