"""A load of HTTP requests from one process: each client waits for its answer and then asks again.

    python -m benchmarks.serving_load --port 9299 --path /invocations --body FILE --clients 8 --seconds 5

Runs in the serving image's environment (uvloop) and prints a line of JSON. It is one thread of Python that
shares the machine's cores with the server: what it costs counts against the server. `--per-second` paces the
clients together; a latency then counts from when its request was due.
"""

import argparse
import asyncio
import json
import time
from array import array
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True)
class LoadResult:
    """Attributes:
    wrong: answers that are no result; each is counted, too.
    """

    clients: int
    requests: int
    wrong: int
    seconds: float
    per_second: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    worst_ms: float


class Client(asyncio.Protocol):
    def __init__(self, load: "Load") -> None:
        self._load = load
        self._transport: asyncio.Transport
        self._sent_at = 0.0
        self._answer = b""
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def ask(self, due_at: float) -> None:
        self._sent_at = due_at
        self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        answer = self._answer + data if self._answer else data
        if not self._size:
            end = answer.find(_HEAD_END)
            if end < 0:
                self._answer = answer
                return
            said = answer[:end].lower().partition(_LENGTH)[2].partition(b"\r\n")[0]
            self._size = end + len(_HEAD_END) + int(said)
        if len(answer) < self._size:
            self._answer = answer
            return
        self._answer = b""
        self._size = 0
        self._load.answered(self, answer, self._sent_at)

    def connection_lost(self, error: Exception | None) -> None:
        self._load.lost(self)


class Load:
    def __init__(self, request: bytes, *, expected: bytes, per_second: float | None) -> None:
        self.request = request
        self._expected = expected
        self._per_second = per_second
        self._latencies = array("d")
        self._wrong = 0
        self._lost = 0
        self._until = 0.0
        self._next_due = 0.0
        self._ended = asyncio.Event()
        self._busy = 0

    async def run(self, host: str, port: int, clients: int, seconds: float) -> LoadResult:
        loop = asyncio.get_running_loop()
        connected = [
            (await loop.create_connection(lambda: Client(self), host, port))[1] for _ in range(clients)
        ]
        started = time.perf_counter()
        self._until = started + seconds
        self._next_due = started
        self._busy = clients
        for client in connected:
            self._ask(client)
        await self._ended.wait()
        taken = time.perf_counter() - started
        ordered = sorted(self._latencies)
        if not ordered:
            raise SystemExit("no request was answered")

        def at(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 4)

        return LoadResult(
            clients,
            len(ordered),
            self._wrong + self._lost,
            round(taken, 3),
            round(len(ordered) / taken, 1),
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0),
        )

    def _ask(self, client: Client) -> None:
        now = time.perf_counter()
        if self._per_second is None:
            client.ask(now)
            return
        due = self._next_due
        self._next_due += 1 / self._per_second
        if due <= now:
            client.ask(due)
        else:
            asyncio.get_running_loop().call_later(due - now, client.ask, due)

    def answered(self, client: Client, answer: bytes, sent_at: float) -> None:
        now = time.perf_counter()
        self._latencies.append(now - sent_at)
        if self._expected not in answer:
            self._wrong += 1
        if now < self._until:
            self._ask(client)
        else:
            self._stop_one()

    def lost(self, client: Client) -> None:
        if not self._ended.is_set():
            self._lost += 1
            self._stop_one()

    def _stop_one(self) -> None:
        self._busy -= 1
        if self._busy == 0:
            self._ended.set()


def request_of(path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    parser = argparse.ArgumentParser(description="Ask a server for a while.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/invocations")
    parser.add_argument("--body", type=Path, required=True)
    parser.add_argument("--expected", default="results", help="a text that every right answer holds")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--per-second", type=float, help="pace all clients together; else as fast as answered"
    )
    given = parser.parse_args()

    async def run() -> LoadResult:
        load = Load(
            request_of(given.path, given.body.read_bytes()),
            expected=given.expected.encode(),
            per_second=given.per_second,
        )
        return await load.run(given.host, given.port, given.clients, given.seconds)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(run()))), flush=True)


if __name__ == "__main__":
    main()
