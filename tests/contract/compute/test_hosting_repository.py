"""What every HostingRepository owes. The fake behind the unit tests passes the same suite."""

from itertools import count

import pytest

from openbml.compute.hostings import HostingConflictError, HostingNotFoundError, HostingRepository
from openbml.compute.hostings_dynamodb import DynamoHostingRepository
from openbml.compute.progress_dynamodb import DynamoDeliveryMarks
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON, InMemoryHostingRepository
from tests.fakes.compute_samples import hosting

_IDS = (f"hosting{number}" for number in count())


class HostingRepositoryContract:
    def test_a_hosting_comes_back_as_it_was_kept(self, hostings: HostingRepository) -> None:
        kept = hosting(next(_IDS), made_revisions=(1, 2))
        hostings.add(kept)
        assert hostings.get(kept.deployment_id) == kept

    def test_an_unknown_hosting_is_not_found(self, hostings: HostingRepository) -> None:
        with pytest.raises(HostingNotFoundError):
            hostings.get("unknown")

    def test_an_id_is_taken_once(self, hostings: HostingRepository) -> None:
        kept = hosting(next(_IDS))
        hostings.add(kept)
        with pytest.raises(HostingConflictError):
            hostings.add(kept)

    def test_the_slower_of_two_writers_is_refused(self, hostings: HostingRepository) -> None:
        kept = hosting(next(_IDS))
        hostings.add(kept)
        hostings.save(kept.applied(NOON))
        with pytest.raises(HostingConflictError):
            hostings.save(kept.unwanted(NOON))

    def test_a_removed_hosting_is_open_no_more(self, hostings: HostingRepository) -> None:
        kept = hosting(next(_IDS))
        hostings.add(kept)
        assert kept.deployment_id in {row.deployment_id for row in hostings.open_hostings()}
        hostings.save(kept.removed(NOON))
        assert kept.deployment_id not in {row.deployment_id for row in hostings.open_hostings()}


class TestInMemory(HostingRepositoryContract):
    @pytest.fixture
    def hostings(self) -> HostingRepository:
        return InMemoryHostingRepository()


@pytest.mark.contract
class TestDynamo(HostingRepositoryContract):
    @pytest.fixture
    def hostings(self, emulator_url: str) -> HostingRepository:
        return DynamoHostingRepository(make_table(emulator_url, "compute-hostings"))


@pytest.mark.contract
def test_a_delivery_is_marked_once_it_was_passed_on(emulator_url: str) -> None:
    table = make_table(emulator_url, "compute-marks")
    marks = DynamoDeliveryMarks(table, now=lambda: NOON)
    assert not marks.has("1001", "abc")
    marks.put("1001", "abc")
    assert marks.has("1001", "abc")
    assert not marks.has("1002", "abc")
    assert table.scan()["Items"][0]["expires_at"] > NOON.timestamp()
