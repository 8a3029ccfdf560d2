"""The pool of workers, with workers that are none."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from openbml_kit.script_serving.pool import NoWorkerFreeError, QueueFullError, WorkerDiedError, WorkerPool


class Worker:
    """Answers what the test tells it to."""

    made: "list[Worker]"

    def __init__(self, made: "list[Worker]", reason: str | None = None) -> None:
        made.append(self)
        self._reason = reason
        self.is_alive = True
        self.must_retire = False
        self.ended = False

    def wait_until_ready(self) -> str | None:
        return self._reason

    def ask(self, request: Callable[[], str], timeout_s: float) -> str:
        return request()

    def end(self) -> None:
        self.is_alive, self.ended = False, True


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def died() -> str:
    raise WorkerDiedError("it died")


@pytest.fixture
def made() -> list[Worker]:
    return []


@pytest.fixture
def pool(made: list[Worker]) -> Iterator[WorkerPool[Callable[[], str], str]]:
    pool: WorkerPool[Callable[[], str], str] = WorkerPool(
        lambda: Worker(made), size=1, timeout_s=5, max_waiting=1
    )
    pool.open()
    pool.wait_until_ready()
    yield pool
    pool.close()


def test_a_worker_that_died_is_replaced_at_once_and_then_more_slowly(
    pool: WorkerPool[Callable[[], str], str], made: list[Worker]
) -> None:
    with pytest.raises(WorkerDiedError):
        pool.answer(died)
    until(lambda: pool.is_serving)
    started = time.monotonic()
    with pytest.raises(WorkerDiedError):
        pool.answer(died)
    assert not pool.is_serving
    assert pool.answer(lambda: "well") == "well"
    assert time.monotonic() - started > 0.4
    assert [worker.ended for worker in made] == [True, True, False]


def test_many_deaths_make_the_pool_unready_until_a_quiet_minute(made: list[Worker]) -> None:
    now = [0.0]
    pool: WorkerPool[Callable[[], str], str] = WorkerPool(
        lambda: Worker(made), size=5, timeout_s=5, clock=lambda: now[0]
    )
    pool.open()
    until(lambda: len(made) == 5)
    for _ in range(5):
        assert pool.is_ready
        with pytest.raises(WorkerDiedError):
            pool.answer(died)
    assert not pool.is_ready
    until(lambda: pool.is_serving)
    assert pool.answer(lambda: "well") == "well"  # the others go on
    now[0] = 61.0
    assert pool.is_ready
    pool.close()


def test_a_full_queue_is_told_at_once(pool: WorkerPool[Callable[[], str], str]) -> None:
    go, started = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        go.wait(5)
        return "slow"

    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(pool.answer(slow))) for _ in range(2)]
    for thread in threads:
        thread.start()
    started.wait(5)
    until(lambda: _is_full(pool))
    go.set()
    for thread in threads:
        thread.join()
    assert answers == ["slow", "slow"]


def _is_full(pool: WorkerPool[Callable[[], str], str]) -> bool:
    try:
        pool.answer(lambda: "quick")
    except QueueFullError:
        return True
    return False


def test_a_busy_pool_gives_up_after_its_time(made: list[Worker]) -> None:
    pool: WorkerPool[Callable[[], str], str] = WorkerPool(lambda: Worker(made), size=1, timeout_s=0.05)
    with pytest.raises(NoWorkerFreeError):  # none was started
        pool.answer(lambda: "x")


def test_one_that_died_while_it_waited_is_found_and_replaced(
    pool: WorkerPool[Callable[[], str], str], made: list[Worker]
) -> None:
    made[0].is_alive = False
    assert not pool.is_ready
    pool.tend()
    until(lambda: pool.is_ready)
    assert pool.answer(lambda: "well") == "well"
    assert len(made) == 2
    made[1].is_alive = False  # and without tending, by the next one who asks
    assert pool.answer(lambda: "well") == "well"


def test_one_that_must_retire_is_replaced_after_its_answer(
    pool: WorkerPool[Callable[[], str], str], made: list[Worker]
) -> None:
    made[0].must_retire = True
    assert pool.answer(lambda: "last") == "last"
    until(lambda: len(made) == 2)
    assert pool.answer(lambda: "first") == "first"
    assert (made[0].ended, pool.is_ready) == (True, True)


def test_a_first_model_that_cannot_be_set_up_fails_the_pool(made: list[Worker]) -> None:
    pool: WorkerPool[Callable[[], str], str] = WorkerPool(
        lambda: Worker(made, reason="damaged"), size=1, timeout_s=5
    )
    pool.open()
    pool.wait_until_ready()
    assert pool.failed.is_set()
    assert not pool.is_ready


def test_a_machine_that_has_no_room_for_a_process_is_asked_again(made: list[Worker]) -> None:
    failures = [OSError(11, "Resource temporarily unavailable")]

    def make() -> Worker:
        if len(made) == 1 and failures:
            raise failures.pop()
        return Worker(made)

    pool: WorkerPool[Callable[[], str], str] = WorkerPool(make, size=1, timeout_s=5)
    pool.open()
    pool.wait_until_ready()
    with pytest.raises(WorkerDiedError):
        pool.answer(died)
    assert pool.answer(lambda: "well") == "well"
    assert not failures
    pool.close()
