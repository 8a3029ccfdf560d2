"""The workers of a server: lent out one request at a time, replaced when they die."""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

_FIRST_BACKOFF_S = 0.5
_MAX_BACKOFF_S = 30.0
# A worker that dies again within this time is brought back more slowly; too many deaths are a failure of all.
_WATCHED_S = 60.0
_MOST_DEATHS = 5

_log = logging.getLogger("openbml_kit.serving")

Q = TypeVar("Q", contravariant=True)
R = TypeVar("R", covariant=True)


class WorkerDiedError(Exception):
    """The worker ended while it had a request, or had to be ended; the text says why."""


class NoWorkerFreeError(Exception):
    """All workers were busy for as long as a request may take."""


class QueueFullError(Exception):
    """As many requests wait as may."""


class PooledWorker(Protocol[Q, R]):
    """A process that holds a model and answers one request at a time."""

    @property
    def is_alive(self) -> bool: ...

    @property
    def must_retire(self) -> bool:
        """Whether the worker has to be replaced although it answers."""
        ...

    def wait_until_ready(self) -> str | None:
        """Return why the model cannot be set up, or None once it is."""
        ...

    def ask(self, request: Q, timeout_s: float) -> R:
        """Return the answer.

        Raises:
            WorkerDiedError: there is none, and the worker is of no more use.
        """
        ...

    def end(self) -> None: ...


class WorkerPool(Generic[Q, R]):
    """`is_ready` from the first model on; the pool never gives up on a worker once one model was there.

    A worker that died is replaced at once, one that dies again within a minute after a growing pause; each
    worker has its own pause. After five deaths in a minute the pool is not ready until a quieter minute.
    """

    def __init__(
        self,
        make: Callable[[], PooledWorker[Q, R]],
        *,
        size: int,
        timeout_s: float,
        max_waiting: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._size = size
        self._timeout_s = timeout_s
        self._most_accepted = None if max_waiting is None else size + max_waiting
        self._clock = clock
        self._free: queue.Queue[_Slot] = queue.Queue()
        self._slots = [_Slot() for _ in range(size)]
        self._accepted = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.has_been_ready = False
        self.failure: str | None = None
        self.failed = threading.Event()
        self._is_decided = threading.Event()

    def open(self) -> None:
        for slot in self._slots:
            self._start_bringing_up(slot, pause_s=0.0)

    def wait_until_ready(self) -> None:
        """Wait for the first model, or for the pool's failure."""
        self._is_decided.wait()

    @property
    def is_serving(self) -> bool:
        """Whether a worker lives."""
        with self._lock:
            return any(slot.lives for slot in self._slots)

    @property
    def is_ready(self) -> bool:
        """Whether a worker lives and they do not die over and over."""
        with self._lock:
            deaths = sum(len(slot.recent_deaths(self._clock())) for slot in self._slots)
        return self.is_serving and deaths < _MOST_DEATHS

    def answer(self, request: Q) -> R:
        """Return a worker's answer.

        Raises:
            QueueFullError: too many requests wait already.
            NoWorkerFreeError: none became free in time.
            WorkerDiedError: the worker that had the request gave no answer.
        """
        with self._lock:
            if self._most_accepted is not None and self._accepted >= self._most_accepted:
                raise QueueFullError(f"{self._accepted} requests wait")
            self._accepted += 1
        try:
            return self._ask(self._free_slot(), request)
        finally:
            with self._lock:
                self._accepted -= 1

    def tend(self) -> None:
        """Replace workers that died while nobody asked them."""
        with self._lock:
            dead = [slot for slot in self._slots if slot.worker and not slot.is_lent and not slot.lives]
            workers = [slot.taken() for slot in dead]
        for slot, worker in zip(dead, workers, strict=True):
            _log.error("a worker died while it waited")
            self._bury(slot, worker)

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            workers = [slot.worker for slot in self._slots if slot.worker]
        for worker in workers:
            worker.end()

    def _free_slot(self) -> "_Slot":
        deadline = self._clock() + self._timeout_s
        while True:
            try:
                slot = self._free.get(timeout=max(0.0, deadline - self._clock()))
            except queue.Empty:
                raise NoWorkerFreeError("no worker became free in time") from None
            with self._lock:
                if slot.worker is None or slot.is_lent:
                    continue  # it was replaced meanwhile, and is announced again when it is there
                if slot.lives:
                    slot.is_lent = True
                    return slot
                worker = slot.taken()
            self._bury(slot, worker)

    def _ask(self, slot: "_Slot", request: Q) -> R:
        worker = slot.worker
        try:
            reply: R = worker.ask(request, self._timeout_s)
        except BaseException:
            with self._lock:
                slot.taken()
            self._bury(slot, worker)
            raise
        with self._lock:
            slot.is_lent = False
            retires = worker.must_retire
            if retires:
                slot.taken()
        if retires:
            self._replace(slot, worker, pause_s=0.0)
        else:
            self._free.put(slot)
        return reply

    def _bury(self, slot: "_Slot", worker: Any) -> None:
        with self._lock:
            pause_s = slot.pause_after_death(self._clock())
        self._replace(slot, worker, pause_s=pause_s)

    def _replace(self, slot: "_Slot", worker: Any, *, pause_s: float) -> None:
        worker.end()
        self._start_bringing_up(slot, pause_s=pause_s)

    def _start_bringing_up(self, slot: "_Slot", *, pause_s: float) -> None:
        threading.Thread(target=self._bring_up, args=(slot, pause_s), daemon=True).start()

    def _bring_up(self, slot: "_Slot", pause_s: float) -> None:
        backoff_s = _FIRST_BACKOFF_S
        self._closing.wait(pause_s)
        while not self._closing.is_set():
            worker, reason = self._made()
            if worker is not None:
                with self._lock:
                    slot.worker = worker
                self.has_been_ready = True
                self._is_decided.set()
                self._free.put(slot)
                if self._closing.is_set():
                    worker.end()
                return
            _log.error("the model is not ready: %s", reason)
            if not self.has_been_ready:
                self.failure = reason
                self.failed.set()
                self._is_decided.set()
                return
            self._closing.wait(backoff_s)
            backoff_s = min(backoff_s * 2, _MAX_BACKOFF_S)

    def _made(self) -> tuple[PooledWorker[Q, R] | None, str]:
        """Return a worker that is ready, or why there is none."""
        try:
            worker = self._make()
        except OSError as error:
            return None, f"no worker can be started: {error}"
        reason = worker.wait_until_ready()
        if reason is None:
            return worker, ""
        worker.end()
        return None, reason


class _Slot:
    """A worker's place, and when its workers died; the pool's lock guards it."""

    def __init__(self) -> None:
        self.worker: Any = None
        self.is_lent = False
        self._deaths: deque[float] = deque(maxlen=_MOST_DEATHS * 4)

    @property
    def lives(self) -> bool:
        return self.worker is not None and self.worker.is_alive

    def taken(self) -> Any:
        worker, self.worker, self.is_lent = self.worker, None, False
        return worker

    def recent_deaths(self, now: float) -> list[float]:
        return [died_at for died_at in self._deaths if now - died_at < _WATCHED_S]

    def pause_after_death(self, now: float) -> float:
        earlier = len(self.recent_deaths(now))
        self._deaths.append(now)
        return min(_FIRST_BACKOFF_S * 2.0 ** (earlier - 1), _MAX_BACKOFF_S) if earlier else 0.0
