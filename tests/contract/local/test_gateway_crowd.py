"""Hostile connections at the gateway: ten thousand that say nothing, heads of megabytes."""

import resource
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.emulator import free_port

pytestmark = pytest.mark.contract

CONNECTIONS = 10_000
_LONGEST_S = 2.0


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "openbml_local.gateway", tmp_path / "routes.json", str(port), str(free_port())]
    ) as process:
        try:
            _until_healthy(port)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=20)


def _health_s(port: int) -> float:
    began = time.monotonic()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_gateway/health", timeout=30) as reply:
        assert reply.status == 200
    return time.monotonic() - began


def _until_healthy(port: int) -> None:
    for _ in range(200):
        try:
            _health_s(port)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the gateway did not start")


@pytest.mark.slow
def test_silent_and_slow_connections_delay_nobody(gateway: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < CONNECTIONS + 500:
        pytest.skip(f"this machine allows {most} open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowd: list[socket.socket] = []
    try:
        for number in range(CONNECTIONS):
            connection = socket.create_connection(("127.0.0.1", gateway), timeout=30)
            if number % 2:
                connection.sendall(b"POST /v1/datasets/kinds HTTP/1.1\r\nHost: x\r\nContent-Le")
            crowd.append(connection)
        assert max(_health_s(gateway) for _ in range(20)) < _LONGEST_S
    finally:
        for connection in crowd:
            connection.close()
    assert _health_s(gateway) < _LONGEST_S


@pytest.mark.parametrize("head", [b"X: " + b"a" * 4_000_000, b"a: b\r\n" * 500_000], ids=["long", "many"])
def test_a_huge_head_is_refused_and_the_next_caller_answered(gateway: int, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", gateway), timeout=30) as connection:
        try:
            connection.sendall(b"GET /_gateway/health HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
            answer = connection.recv(200)
        except ConnectionError:  # it hung up before the end of the head
            answer = b""
    assert b" 200 " not in answer
    assert _health_s(gateway) < _LONGEST_S
