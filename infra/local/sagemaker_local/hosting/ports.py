"""Loopback ports for workers."""

import itertools
import socket


class NoFreePortError(Exception):
    """Every port of the range is in use."""


class WorkerPorts:
    """Hands out each port of the range in turn, so that a just freed one rests a while."""

    def __init__(self, first: int, last: int) -> None:
        self._range = range(first, last + 1)
        self._turn = itertools.cycle(self._range)
        self._taken: set[int] = set()

    def take(self) -> int:
        for _ in self._range:
            port = next(self._turn)
            if port not in self._taken and _is_free(port):
                self._taken.add(port)
                return port
        raise NoFreePortError(
            f"no free port between {self._range.start} and {self._range.stop - 1} for a worker "
            "(SML_WORKER_PORTS)"
        )

    def claim(self, port: int) -> None:
        self._taken.add(port)

    def free(self, port: int | None) -> None:
        if port is not None:
            self._taken.discard(port)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
