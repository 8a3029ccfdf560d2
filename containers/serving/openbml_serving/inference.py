"""Who computes a request, and when: at once on the loop's thread, or in its turn by a worker.

A model whose answer takes less time than handing it to another thread is computed on the loop's thread, all
requests together that arrived in the same turn of the loop: none waits for another, and no timer for more of
them. All others wait in a queue for a worker, one for each core.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from openbml_kit.http_server import Exchange, Reply
from openbml_serving.answering import Answer, Sent, answer, answer_together
from openbml_serving.metrics import ServingMetrics
from openbml_serving.settings import ServingSettings
from openbml_serving.stages import StageTimes, computing
from openbml_serving.tasks import ServedTask, TogetherHandler

# A larger request is of many rows.
_SMALL_BYTES = 16 * 1024
_MOST_TOGETHER = 64
# How much the last request counts in the usual time of one.
_NEWEST_SHARE = 0.1

_log = logging.getLogger("openbml_serving")


class Work:
    """One request on its way through the server.

    Attributes:
        goes_alone: it is of no use to compute it with others.
    """

    __slots__ = ("exchange", "goes_alone", "received_at", "sent")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.received_at = time.perf_counter()
        self.sent = Sent(exchange.body, exchange.headers.get(b"content-type", b"").decode("latin-1"))
        self.goes_alone = len(exchange.body) > _SMALL_BYTES

    @property
    def is_waited_for(self) -> bool:
        """Its client is surely there."""
        return not (self.exchange.is_abandoned or self.exchange.may_be_gone)


class Inference:
    """All methods but the workers' own are of the loop's thread."""

    def __init__(self, task: ServedTask, settings: ServingSettings, metrics: ServingMetrics) -> None:
        self._task = task
        self._settings = settings
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        handler = task.handler
        self._together = handler if isinstance(handler, TogetherHandler) else None
        self._at_once = settings.compute_at_once and self._together is not None and self._together.is_small
        self._arrived: deque[Work] = deque()
        self._queue: deque[Work] = deque()
        self._changed = threading.Condition()
        self._usual_s = 0.0
        self._workers = [Worker(self) for _ in range(settings.cores)]

    # -- the loop's side -----------------------------------------------------------------

    @property
    def waiting(self) -> int:
        return len(self._queue)

    @property
    def running(self) -> int:
        return sum(worker.is_busy for worker in self._workers)

    @property
    def hung_for_s(self) -> float:
        """How long the first of the workers that hang has hung; 0 where none does."""
        return max((worker.hung_for_s for worker in self._workers), default=0.0)

    def submit(self, exchange: Exchange) -> None:
        work = Work(exchange)
        if self._at_once and not work.goes_alone:
            if not self._arrived:
                self._loop.call_soon(self._answer_arrived)
            self._arrived.append(work)
        else:
            self._enqueue(work)

    def check(self) -> None:
        """Answer the requests of workers that hang."""
        for worker in self._workers:
            for work in worker.newly_hung(self._settings.hang_timeout_s):
                _log.error("an inference takes longer than %g s", self._settings.hang_timeout_s)
                self._deliver(work, Answer.of_error("internal"))

    def stop(self) -> None:
        """Let the workers end after what they compute."""
        with self._changed:
            for worker in self._workers:
                worker.is_stopping = True
            self._changed.notify_all()

    def _answer_arrived(self) -> None:
        arrived = self._arrived
        works = [arrived.popleft() for _ in range(min(len(arrived), _MOST_TOGETHER))]
        if arrived:  # others have their turn before
            self._loop.call_soon(self._answer_arrived)
        works = [work for work in works if not work.exchange.is_abandoned]
        if not works or self._together is None:
            return
        now = time.perf_counter()
        for work in works:
            self._metrics.waited(now - work.received_at)
        with computing() as times:
            answers = answer_together(self._task, self._together, [work.sent for work in works])
        self._metrics.computed(times, len(works))
        for work, given in zip(works, answers, strict=True):
            if given is None:
                work.goes_alone = True
                self._enqueue(work)
            else:
                self._deliver(work, given)

    def _enqueue(self, work: Work) -> None:
        with self._changed:
            refused = work if self._is_too_much() else self._given_up()
            if refused is not work:
                self._queue.append(work)
                self._changed.notify()
        if refused is not None:
            self._deliver(refused, Answer.of_error("model_unavailable"))

    def _is_too_much(self) -> bool:
        """One more request would wait longer than anybody does, or there is nobody to compute it."""
        able = sum(worker.hung_for_s == 0 for worker in self._workers)
        waiting = sum(work.is_waited_for for work in self._queue)
        if not able or waiting >= self._settings.max_waiting:
            return True
        expected_s = self._usual_s * (waiting + 1) / able
        return waiting > 0 and expected_s > self._settings.max_wait_s

    def _given_up(self) -> Work | None:
        """Take out of a full queue the first whose client may have left; None: there is room."""
        if len(self._queue) < self._settings.max_waiting:
            return None
        first = next(work for work in self._queue if not work.is_waited_for)
        self._queue.remove(first)
        return first

    def _deliver(self, work: Work, given: Answer) -> None:
        if not work.exchange.is_answered:
            self._metrics.answered(given.error_code, time.perf_counter() - work.received_at)
            work.exchange.answer(Reply(200, given.body))

    # -- the workers' side ---------------------------------------------------------------

    def next_works(self, worker: "Worker") -> tuple[list[Work], bool]:
        """Wait for a request, or for several that are computed together; none: the server ends.

        Returns:
            the requests, and whether no other is computed or waits.
        """
        with self._changed:
            while not self._queue:
                if worker.is_stopping:
                    return [], False
                self._changed.wait()
            works = [self._first_waiting()]
            if self._together is not None and not works[0].goes_alone:
                while self._queue and not self._queue[0].goes_alone and len(works) < _MOST_TOGETHER:
                    works.append(self._queue.popleft())
            others = sum(other.is_busy for other in self._workers if other is not worker)
            worker.begin(works)
            return works, not self._queue and not others and len(works) == 1

    def _first_waiting(self) -> Work:
        """Return the first whose client is surely there; who may have left comes last."""
        for place, work in enumerate(self._queue):
            if work.is_waited_for:
                del self._queue[place]
                return work
        return self._queue.popleft()

    def compute(self, works: Sequence[Work], *, alone: bool) -> None:
        """Compute what is still waited for and have it answered."""
        now = time.perf_counter()
        late = [work for work in works if now - work.received_at > self._settings.max_wait_s]
        wanted = [work for work in works if work not in late and not work.exchange.is_abandoned]
        refused = Answer.of_error("model_unavailable")
        done: list[tuple[Work, Answer]] = [(work, refused) for work in late]
        with computing() as times:
            together = self._together if len(wanted) > 1 else None
            answers = (
                answer_together(self._task, together, [work.sent for work in wanted])
                if together is not None
                else [None] * len(wanted)
            )
            for work, given in zip(wanted, answers, strict=True):
                if given is None and together is not None:
                    work.goes_alone = True
                    self._put_back(work)
                else:
                    done.append((work, given or answer(self._task, work.sent, alone=alone)))
        waits = [now - work.received_at for work in wanted if not (together and work.goes_alone)]
        self._call_loop(self._computed, done, waits, times)

    def _put_back(self, work: Work) -> None:
        with self._changed:
            self._queue.appendleft(work)
            self._changed.notify()

    def _computed(
        self, done: Sequence[tuple[Work, Answer]], waits: Sequence[float], times: StageTimes
    ) -> None:
        if waits:
            seconds = times.seconds / len(waits)
            self._usual_s += _NEWEST_SHARE * (seconds - self._usual_s) if self._usual_s else seconds
            self._metrics.computed(times, len(waits))
        for wait in waits:
            self._metrics.waited(wait)
        for work, given in done:
            self._deliver(work, given)

    def _call_loop(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            _log.warning("an inference ended after the server")


class Worker:
    """A thread that computes. What it is at is written by itself and read by the loop's thread."""

    def __init__(self, inference: Inference) -> None:
        self._inference = inference
        self._works: Sequence[Work] = ()
        self._began_at = 0.0
        self._hung_since: float | None = None
        self.is_stopping = False
        threading.Thread(target=self._run, name="inference", daemon=True).start()

    @property
    def is_busy(self) -> bool:
        return bool(self._works)

    @property
    def hung_for_s(self) -> float:
        hung_since = self._hung_since
        return 0.0 if hung_since is None else time.monotonic() - hung_since

    def newly_hung(self, timeout_s: float) -> Sequence[Work]:
        """Return the requests that it has been at for too long, once."""
        works = self._works
        if not works or self._hung_since is not None or time.monotonic() - self._began_at < timeout_s:
            return ()
        self._hung_since = time.monotonic()
        return works

    def begin(self, works: Sequence[Work]) -> None:
        self._began_at = time.monotonic()
        self._works = works

    def _run(self) -> None:
        while True:
            works, alone = self._inference.next_works(self)
            if not works:
                return
            self._inference.compute(works, alone=alone)
            self._works = ()
            self._hung_since = None
