"""The workers of a server: lent out one request at a time, replaced when they die."""

import logging
import queue
import threading
import time
from collections.abc import Callable

from openbml_kit.script_serving.functions import Reply, Request
from openbml_kit.script_serving.replies import error_reply
from openbml_kit.script_serving.worker import Worker, WorkerDiedError

_MAX_BACKOFF_S = 30.0

_log = logging.getLogger("openbml_kit.serving")


class WorkerPool:
    """`is_ready` from the first model on; the pool never gives up on a worker once one model was there."""

    def __init__(self, make: Callable[[], Worker], *, size: int, timeout_s: float) -> None:
        self._make = make
        self._size = size
        self._timeout_s = timeout_s
        self._free: queue.Queue[Worker] = queue.Queue()
        self._workers: set[Worker] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.has_been_ready = False
        self.failed = threading.Event()

    def open(self) -> None:
        for _ in range(self._size):
            threading.Thread(target=self._bring_up, daemon=True).start()

    @property
    def is_ready(self) -> bool:
        with self._lock:
            return any(worker.is_alive for worker in self._workers)

    def answer(self, request: Request) -> Reply:
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                worker = self._free.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return error_reply(503, "no worker became free in time")
            if worker.is_alive:
                break
            self._replace(worker)
        try:
            reply = worker.ask(request, self._timeout_s)
        except WorkerDiedError as error:
            _log.error("%s", error)
            self._replace(worker)
            return error_reply(500, error)
        self._free.put(worker)
        return reply

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            workers = list(self._workers)
        for worker in workers:
            worker.end()

    def _replace(self, worker: Worker) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.end()
        threading.Thread(target=self._bring_up, daemon=True).start()

    def _bring_up(self) -> None:
        backoff_s = 0.5
        while not self._closing.is_set():
            worker = self._make()
            reason = worker.wait_until_ready()
            if reason is None:
                with self._lock:
                    self._workers.add(worker)
                self.has_been_ready = True
                self._free.put(worker)
                return
            worker.end()
            _log.error("the model is not ready: %s", reason)
            if not self.has_been_ready:
                self.failed.set()
                return
            self._closing.wait(backoff_s)
            backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)
