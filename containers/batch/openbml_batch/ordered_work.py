"""Work on many items at once, results in the order of the items, a bounded number of them under way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


def in_order(
    pool: Executor, work: Callable[[Given], Result], items: Iterable[Given], *, ahead: int
) -> Iterator[Result]:
    """Yield the results of `work`; at most `ahead` items are taken before the first of them is given."""
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
