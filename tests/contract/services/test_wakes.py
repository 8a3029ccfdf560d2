"""What wake-ups and last calls owe; the fakes pass the same suites."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from openbml.services.last_calls_dynamodb import DynamoLastCalls
from openbml.services.repositories import LastCalls
from openbml.services.wakes import WakeOrder, Wakes
from openbml.services.wakes_sqs import LeasedWakes
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.services_memory import InMemoryLastCalls, InMemoryWakes, RecordedQueue
from tests.fakes.services_samples import SCOPE

pytestmark = pytest.mark.contract
SECOND = timedelta(seconds=1)
Orders = Callable[[], list[WakeOrder]]


class WakesContract:
    def test_of_a_herd_one_asks(self, wakes: Wakes, orders: Orders) -> None:
        with ThreadPoolExecutor(10) as pool:
            asked = list(pool.map(lambda _: wakes.ask(SCOPE, 5, NOON), range(20)))

        assert sum(asked) == 1
        assert orders() == [WakeOrder(scope=SCOPE, service_id=5)]

    def test_each_service_has_its_own_lease(self, wakes: Wakes, orders: Orders) -> None:
        assert wakes.ask(SCOPE, 5, NOON)
        assert wakes.ask(SCOPE, 6, NOON)
        assert [order.service_id for order in orders()] == [5, 6]

    def test_a_lease_ends_so_that_a_lost_order_is_repeated(self, wakes: Wakes, orders: Orders) -> None:
        assert wakes.ask(SCOPE, 5, NOON)
        assert not wakes.ask(SCOPE, 5, NOON + 29 * SECOND)
        assert wakes.ask(SCOPE, 5, NOON + 30 * SECOND)
        assert len(orders()) == 2

    def test_an_order_that_could_not_be_sent_leaves_no_lease(
        self, wakes: Wakes, unreachable: Callable[[bool], None]
    ) -> None:
        unreachable(True)
        with pytest.raises(ConnectionError):
            wakes.ask(SCOPE, 5, NOON)
        unreachable(False)

        assert wakes.ask(SCOPE, 5, NOON)


class LastCallsContract:
    def test_the_newest_call_is_known_in_whatever_order_they_are_noted(self, last_calls: LastCalls) -> None:
        assert last_calls.last(5) is None
        for offset in (3, 9, 4):
            last_calls.note(5, NOON + offset * SECOND)
        last_calls.note(7, NOON)

        assert last_calls.last(5) == NOON + 9 * SECOND
        assert last_calls.last_of([5, 6, 7]) == {5: NOON + 9 * SECOND, 7: NOON}
        assert last_calls.last_of([]) == {}


class TestInMemory(WakesContract, LastCallsContract):
    @pytest.fixture
    def wakes(self) -> InMemoryWakes:
        return InMemoryWakes()

    @pytest.fixture
    def orders(self, wakes: InMemoryWakes) -> Orders:
        return lambda: wakes.orders

    @pytest.fixture
    def unreachable(self, wakes: InMemoryWakes) -> Callable[[bool], None]:
        return lambda refusing: setattr(wakes, "refusing", refusing)

    @pytest.fixture
    def last_calls(self) -> InMemoryLastCalls:
        return InMemoryLastCalls()


class TestReal(WakesContract, LastCallsContract):
    @pytest.fixture
    def queue(self) -> RecordedQueue:
        return RecordedQueue()

    @pytest.fixture
    def wakes(self, emulator_url: str, queue: RecordedQueue) -> LeasedWakes:
        return LeasedWakes(make_table(emulator_url, "services"), queue)

    @pytest.fixture
    def orders(self, queue: RecordedQueue) -> Orders:
        return lambda: [WakeOrder.model_validate(message.model_dump()) for message in queue.messages]

    @pytest.fixture
    def unreachable(self, queue: RecordedQueue) -> Callable[[bool], None]:
        return lambda refusing: setattr(queue, "refusing", refusing)

    @pytest.fixture
    def last_calls(self, emulator_url: str) -> DynamoLastCalls:
        return DynamoLastCalls(make_table(emulator_url, "services"))
