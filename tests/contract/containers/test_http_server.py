"""What the kit's HTTP server owes to good, slow, odd and hostile clients, at the level of bytes."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.containers.running_http_server import (
    RawClient,
    RunningServer,
    http_server,
    request,
    wait_until,
)

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with http_server() as running:
        yield running


@pytest.fixture
def client(server: RunningServer) -> Iterator[RawClient]:
    with RawClient(server.port) as connected:
        yield connected


class TestRequests:
    def test_one_connection_has_one_request_after_the_other_answered(self, client: RawClient) -> None:
        for number in range(3):
            answer = client.ask(request(body=b"%d" % number))
            assert (answer.status, answer.body) == (200, b"POST /echo %d" % number)
            assert "connection" not in answer.headers

    def test_a_request_may_come_byte_by_byte(self, client: RawClient) -> None:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(len(sent := request(body=b"abc"))):
            client.send(sent[place : place + 1])
        assert client.answer().body == b"POST /echo abc"

    def test_pipelined_requests_are_answered_in_their_order(self, client: RawClient) -> None:
        client.send(b"".join(request(body=b"%d" % number) for number in range(500)))
        assert [client.answer().body for _ in range(500)] == [b"POST /echo %d" % n for n in range(500)]

    def test_a_pipelined_request_waits_for_a_slow_one_before_it(self, server: RunningServer) -> None:
        with RawClient(server.port) as client, RawClient(server.port) as other:
            client.send(request("/later") + request(body=b"second") + request(body=b"third"))
            assert other.ask(request()).status == 200
            server.answer_later()
            assert [client.answer().body for _ in range(3)] == [
                b"later",
                b"POST /echo second",
                b"POST /echo third",
            ]

    def test_a_query_is_no_part_of_the_path(self, client: RawClient) -> None:
        assert client.ask(request("/echo?a=b")).body == b"POST /echo "

    def test_head_is_answered_without_a_body(self, client: RawClient) -> None:
        client.send(b"HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.answer(without_body=True).headers["content-length"] == "11"
        assert client.ask(request(body=b"next")).body == b"POST /echo next"

    @pytest.mark.parametrize(
        ("said", "version", "kept"),
        [
            ("Connection: close", "1.1", False),
            ("X: y", "1.0", False),
            ("Connection: keep-alive", "1.0", True),
        ],
    )
    def test_a_connection_is_kept_as_the_client_says(
        self, client: RawClient, said: str, version: str, kept: bool
    ) -> None:
        answer = client.ask(request("/echo", b"", said, version=version))
        assert answer.status == 200
        assert answer.headers["connection"] == ("keep-alive" if kept else "close")
        if kept:
            assert client.ask(request(version=version)).status == 200
        assert client.is_closed()

    def test_a_client_that_sends_no_more_reads_its_answers(self, client: RawClient) -> None:
        client.send(request(body=b"1") + request(body=b"2"))
        client.socket.shutdown(socket.SHUT_WR)
        assert [client.answer().body, client.answer().body] == [b"POST /echo 1", b"POST /echo 2"]
        assert client.is_closed()

    def test_a_handler_that_fails_is_answered_500(self, client: RawClient) -> None:
        answer = client.ask(request("/broken"))
        assert (answer.status, answer.body, answer.headers["connection"]) == (500, b"", "close")

    def test_an_upgrade_is_not_taken(self, client: RawClient) -> None:
        answer = client.ask(b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
        assert answer.body == b"GET /echo "
        assert client.is_closed()


class TestBodies:
    def test_a_chunked_body_is_read(self, client: RawClient) -> None:
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = client.ask(
            head + b"3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n" + request(body=b"2")
        )
        assert answer.body == b"POST /echo abcde"
        assert client.answer().body == b"POST /echo 2"

    def test_the_client_is_told_to_go_on_with_its_body(self, client: RawClient) -> None:
        sent = request("/echo", b"abc", "Expect: 100-continue")
        client.send(sent[:-3])
        assert client.answer().status == 100
        assert client.ask(b"abc").body == b"POST /echo abc"

    def test_a_body_over_the_limit_is_read_and_told_to_the_handler(self, client: RawClient) -> None:
        assert client.ask(request(body=bytes(1001))).body == b"TOO_LARGE"
        assert client.ask(request(body=bytes(1000))).body.startswith(b"POST")

    def test_a_chunked_body_over_the_limit_is_told_to_the_handler(self, client: RawClient) -> None:
        head = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert client.ask(head + (b"1f4\r\n" + bytes(500) + b"\r\n") * 3 + b"0\r\n\r\n").body == b"TOO_LARGE"
        assert client.ask(request(body=b"next")).body == b"POST /echo next"

    @pytest.mark.parametrize(
        "sent",
        [
            request(body=bytes(100_000)),
            request("/echo", b"", "Expect: 100-continue").replace(b"Length: 0", b"Length: 2000"),
            b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"fa0\r\n"
            + bytes(4000)
            + b"\r\nfa0\r\n"
            + bytes(4000),
        ],
        ids=["announced", "asked for", "chunked"],
    )
    def test_an_absurd_body_is_answered_before_it_ends(self, client: RawClient, sent: bytes) -> None:
        answer = client.ask(sent)
        assert (answer.body, answer.headers["connection"]) == (b"TOO_LARGE", "close")
        assert client.is_closed()

    def test_bodies_have_room_together(self) -> None:
        with http_server(body_budget_bytes=1500) as server, RawClient(server.port) as first:
            first.send(request(body=bytes(1000))[:-1])
            with RawClient(server.port) as second:
                while (body := second.ask(request(body=bytes(1000))).body) != b"NO_ROOM":
                    assert body.startswith(b"POST")  # the first one's bytes are not there yet
                assert first.ask(b"\0").status == 200
                assert second.ask(request(body=bytes(1000))).body.startswith(b"POST")

    def test_a_client_that_goes_gives_its_room_back(self) -> None:
        with http_server(body_budget_bytes=1000) as server:
            for _ in range(20):
                with RawClient(server.port) as leaving:
                    leaving.send(request("/later", bytes(900)) + request(body=bytes(900))[:-5])
                    leaving.reset()
            wait_until(lambda: server.server.open_connections == 0)
            with RawClient(server.port) as client:
                assert client.ask(request(body=bytes(1000))).body.startswith(b"POST")


BROKEN = {
    "no HTTP": (b"hello\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /echo HTTP/0.9\r\n\r\n", 505),
    "two lengths": (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "length and chunks": (
        b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "no number": (b"POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    "a negative number": (b"POST /echo HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
    "an endless number": (b"POST /echo HTTP/1.1\r\nContent-Length: " + b"9" * 40 + b"\r\n\r\n", 400),
    "a broken chunk": (b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a space before the colon": (b"POST /echo HTTP/1.1\r\nContent-Length : 5\r\n\r\nabcde", 400),
    "a null in a header": (b"GET /echo HTTP/1.1\r\nX: a\0b\r\n\r\n", 400),
    "a long header": (b"GET /echo HTTP/1.1\r\nX: " + b"a" * 3000, 431),
    "a long header that ends": (b"GET /echo HTTP/1.1\r\nX: " + b"a" * 3000 + b"\r\n\r\n", 431),
    "many headers": (b"GET /echo HTTP/1.1\r\n" + b"a: b\r\n" * 500, 431),
    "a long address": (b"GET /" + b"a" * 3000, 431),
}


class TestBrokenRequests:
    @pytest.mark.parametrize(("sent", "status"), BROKEN.values(), ids=BROKEN)
    def test_what_is_no_request_is_refused(self, client: RawClient, sent: bytes, status: int) -> None:
        answer = client.ask(sent)
        assert (answer.status, answer.headers["connection"]) == (status, "close")
        assert client.is_closed()

    def test_requests_before_a_broken_one_are_answered(self, server: RunningServer) -> None:
        with RawClient(server.port) as client:
            client.send(request("/later") + request(body=b"2") + b"broken\r\n\r\n")
            wait_until(lambda: bool(server.later) and not server.later[-1].is_answered)
            server.answer_later()
            assert [client.answer().status for _ in range(3)] == [200, 200, 400]
            assert client.is_closed()

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=60),
                st.sampled_from(
                    [
                        b"\r\n",
                        b"\r\n\r\n",
                        b": ",
                        b"POST /echo HTTP/1.1\r\n",
                        b"GET / HTTP/1.0\r\n",
                        b"Content-Length: 3\r\n",
                    ]
                ),
                st.sampled_from(
                    [
                        b"Transfer-Encoding: chunked\r\n",
                        b"3\r\nabc\r\n",
                        b"0\r\n\r\n",
                        b"Expect: 100-continue\r\n",
                        b"\0",
                    ]
                ),
            ),
            max_size=12,
        )
    )
    def test_no_bytes_make_anything_but_answers(self, server: RunningServer, parts: list[bytes]) -> None:
        with RawClient(server.port) as client:
            client.send(b"".join(parts))
            client.socket.shutdown(socket.SHUT_WR)
            received = b""
            try:
                while part := client.socket.recv(65536):
                    received += part
            except ConnectionResetError:
                return  # it sent on after it was refused
        assert received == b"" or received.startswith(b"HTTP/1.1 ")
        assert b"Traceback" not in received


class TestSlowClients:
    @pytest.mark.parametrize(
        "sent",
        [b"", b"POST /ec", request(body=bytes(9))[:-1], request() + b"GET"],
        ids=["nothing", "half a head", "half a body", "half a second head"],
    )
    def test_a_client_that_takes_too_long_is_cut_off(self, client: RawClient, sent: bytes) -> None:
        client.send(sent)
        if sent == request() + b"GET":
            assert client.answer().status == 200
        assert client.is_closed()

    def test_a_slow_drip_of_bytes_does_not_hold_a_connection(self, client: RawClient) -> None:
        client.socket.settimeout(0.05)
        client.send(b"POST /echo HTTP/1.1\r\n")
        dripped, ended = 0, False
        while not ended and dripped < 200:
            dripped += 1
            try:
                client.send(b"a: b\r\n")
                ended = client.socket.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True
        assert 5 < dripped < 100

    def test_a_client_that_reads_nothing_is_cut_off(self, server: RunningServer) -> None:
        with RawClient(server.port) as client:
            client.send(request("/large") * 3)
            wait_until(lambda: server.server.open_connections == 1)
            wait_until(lambda: server.server.open_connections == 0)
            assert client.answer_sizes() < 60_000_000

    def test_a_slow_inference_is_not_a_slow_client(self, server: RunningServer) -> None:
        with RawClient(server.port) as client, RawClient(server.port) as idle:
            client.send(request("/later"))
            assert idle.is_closed()  # after the time that a client may take
            server.answer_later()
            assert client.answer().body == b"later"


class TestManyConnections:
    def test_one_too_many_is_refused_and_makes_room_when_it_goes(self) -> None:
        with http_server(max_connections=3, idle_timeout_s=60) as server:
            clients = [RawClient(server.port) for _ in range(3)]
            assert [client.ask(request()).status for client in clients] == [200] * 3
            with RawClient(server.port) as fourth:
                assert fourth.answer().status == 503
                assert fourth.is_closed()
            clients[0].socket.close()
            wait_until(lambda: server.server.open_connections == 2)
            with RawClient(server.port) as fifth:
                assert fifth.ask(request()).status == 200
            for client in clients[1:]:
                client.socket.close()
            assert server.server.refused == 1

    @pytest.mark.slow
    def test_ten_thousand_connections_are_answered(self) -> None:
        with http_server(max_connections=10_000, idle_timeout_s=60) as server:
            clients = [RawClient(server.port) for _ in range(9_900)]
            for client in clients:
                client.send(request(body=b"x"))
            assert {client.answer().body for client in clients} == {b"POST /echo x"}
            for client in clients:
                client.socket.close()


class TestDrain:
    def test_requests_that_were_begun_are_answered_and_no_others(self) -> None:
        with http_server(body_timeout_s=20) as server:
            idle, computing, sending, late = (RawClient(server.port) for _ in range(4))
            assert idle.ask(request()).status == 200
            computing.send(request("/later"))
            sending.send(request(body=b"abc")[:-1])
            assert late.ask(request()).status == 200  # read after the two before it
            server.on_loop(lambda: [connection.finish() for connection in list(server.server._connections)])
            assert idle.is_closed()
            server.answer_later()
            answer = computing.answer()
            assert (answer.body, answer.headers["connection"]) == (b"later", "close")
            assert sending.ask(b"c").headers["connection"] == "close"
            server.drain(5)
            with pytest.raises(ConnectionRefusedError):
                RawClient(server.port)
            for client in (idle, computing, sending, late):
                client.socket.close()

    def test_what_takes_longer_than_the_drain_is_cut_off(self) -> None:
        with http_server() as server, RawClient(server.port) as client, RawClient(server.port) as other:
            client.send(request("/later"))
            assert other.ask(request()).status == 200
            server.drain(0.2)
            assert client.is_closed()
            server.answer_later()
