"""The listening side: whatever way the bytes of requests are cut, the calls are the same."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sagemaker_local.hosting.calls import Call, Reply
from sagemaker_local.hosting.front import Front

LIMIT = 1000


class Other(asyncio.Protocol):
    """Stands for the application that gets all other requests: it says what it got, and hangs up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(b"other:" + data)
        self._transport.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def talk(
    pieces: Sequence[bytes], *, room: int = 100 * LIMIT
) -> tuple[list[tuple[str, bytes, int]], bytes]:
    """Send the pieces to a front; return the calls that came out, and all it answered."""
    calls: list[tuple[str, bytes, int]] = []

    async def handler(call: Call) -> Reply:
        calls.append((call.endpoint, b"".join(call.body), call.size_bytes))
        return Reply(200, {"X": "y"}, [b"<", *call.body, b">"])

    front = Front(handler, Other, max_body_bytes=LIMIT, max_bodies_bytes=room)
    await front.start("127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        answer = b""
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), 20)
        except OSError:
            pass  # hung up on while still sending
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    finally:
        await front.stop(0)
    return calls, answer


def request(endpoint: str, body: bytes, *, chunk: int | None = None) -> bytes:
    start = f"POST /endpoints/{endpoint}/invocations HTTP/1.1\r\nHost: x\r\n".encode()
    if chunk is None:
        return start + b"Content-Length: %d\r\n\r\n" % len(body) + body
    parts = [body[at : at + chunk] for at in range(0, len(body), chunk)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return start + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


def cut(content: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[a:b] for a, b in pairwise(edges) if a != b]


@settings(max_examples=60, deadline=None)
@given(
    bodies=st.lists(st.binary(max_size=300), min_size=1, max_size=4),
    places=st.lists(st.integers(min_value=0), max_size=12),
)
def test_requests_of_known_length_survive_any_cut(bodies: list[bytes], places: list[int]) -> None:
    content = b"".join(request(f"e{at}", body) for at, body in enumerate(bodies))
    calls, answer = asyncio.run(talk(cut(content, places)))
    assert calls == [(f"e{at}", body, len(body)) for at, body in enumerate(bodies)]
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == len(bodies)


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=300),
    chunk=st.integers(min_value=1, max_value=100),
    places=st.lists(st.integers(min_value=0), max_size=12),
)
def test_a_chunked_request_survives_any_cut(body: bytes, chunk: int, places: list[int]) -> None:
    calls, answer = asyncio.run(talk(cut(request("e", body, chunk=chunk), places)))
    assert calls == [("e", body, len(body))]
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@settings(max_examples=80, deadline=None)
@example(start=b"POST /endpoints/", noise=b"\r\n\r\n", places=[])
@example(start=b"POST /endpoints/", noise=b"e/invocations HTTP/0.9\r\n\r\n", places=[])
@given(
    start=st.sampled_from([b"", b"POST /endpoints/"]),
    noise=st.binary(max_size=200),
    places=st.lists(st.integers(min_value=0), max_size=4),
)
def test_noise_makes_no_call_and_ends_the_connection(start: bytes, noise: bytes, places: list[int]) -> None:
    calls, _ = asyncio.run(talk(cut(start + noise, places)))
    assert calls == []


@pytest.mark.parametrize("over", [1, 5000])
def test_a_body_above_the_limit_reaches_the_handler_as_its_size_only(over: int) -> None:
    size = LIMIT + over
    calls, answer = asyncio.run(talk([request("e", b"x" * size), request("f", b"y")]))
    assert calls == [("e", b"", size), ("f", b"y", 1)]
    assert answer.count(b"200 OK") == 2


def test_other_requests_go_to_the_other_protocol_with_all_their_bytes() -> None:
    first, other = request("e", b"1"), b"GET / HTTP/1.1\r\n\r\n"
    calls, answer = asyncio.run(talk([first + other]))
    assert calls == [("e", b"1", 1)]
    assert answer.endswith(b"<1>other:" + other)


def test_a_head_that_never_ends_is_cut_off() -> None:
    calls, answer = asyncio.run(talk([b"POST /endpoints/e/invocations HTTP/1.1\r\nX: " + b"x" * 70_000]))
    assert calls == []
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_bodies_beyond_the_room_for_all_are_refused_and_give_their_room_back() -> None:
    calls, answer = asyncio.run(talk([request("e", b"x" * 600)] * 3, room=600))
    assert len(calls) == 3
    assert answer.count(b"200 OK") == 3
    calls, answer = asyncio.run(talk([request("e", b"x" * 601)], room=600))
    assert calls == []
    assert answer.startswith(b"HTTP/1.1 503 ")


def test_a_caller_that_stops_sending_is_hung_up_on_and_one_that_waits_for_its_answer_is_not() -> None:
    async def scene() -> list[bytes]:
        answering, may_answer = asyncio.Event(), asyncio.Event()

        async def handler(call: Call) -> Reply:
            answering.set()
            await may_answer.wait()
            return Reply(200, {}, call.body)

        front = Front(handler, Other, max_body_bytes=LIMIT)
        await front.start("127.0.0.1", 0)
        slow = [request("e", b"12345")[:end] for end in (3, 30, -2)]
        callers = [await asyncio.open_connection("127.0.0.1", front.port) for _ in range(4)]
        for (_, writer), content in zip(callers, [*slow, request("e", b"12345")], strict=True):
            writer.write(content)
        await asyncio.wait_for(answering.wait(), 20)
        while len(front.connections) < len(callers):
            await asyncio.sleep(0)
        for connection in list(front.connections):
            connection.check_deadline(float("inf"))
        may_answer.set()
        callers[3][1].write_eof()
        answers = [await asyncio.wait_for(_all(reader), 20) for reader, _ in callers]
        for _, writer in callers:
            writer.close()
        await front.stop(0)
        return answers

    answers = asyncio.run(scene())
    assert answers[:3] == [b"", b"", b""]
    assert answers[3].endswith(b"12345")
