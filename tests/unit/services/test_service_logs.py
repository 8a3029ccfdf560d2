"""What the containers of a service said: by page, each list with cursors of its own."""

from datetime import timedelta

import pytest

from openbml.compute.hosting_logs import HostingLine, LogPage, LogPosition
from openbml.compute.hostings import HostingNotFoundError
from openbml.core.errors import InvalidCursorError
from openbml.core.pages import CursorCodec, Page
from openbml.services.read_logs import LogLineView, Role, read_logs
from openbml.services.services import ServiceNotFoundError
from tests.fakes.compute_memory import NOON
from tests.fakes.services_memory import InMemoryServiceRepository
from tests.fakes.services_samples import SCOPE, service

CURSORS = CursorCodec(b"0123456789abcdef")


class Said:
    """Ten lines of each deployment, in pages of the asked size."""

    deployments = ("5", "5b")

    def page(self, deployment_id: str, *, limit: int, position: LogPosition | None) -> LogPage:
        if deployment_id not in self.deployments:
            raise HostingNotFoundError(deployment_id=deployment_id)
        end = position["end"] if position else 10
        lines = [
            HostingLine(
                id=f"{deployment_id}-{number}",
                at=NOON + timedelta(seconds=number),
                copy_name="main/i-1",
                text=f"line {number}",
            )
            for number in range(max(0, end - limit), end)
        ]
        return LogPage(lines=lines, position={"end": end - limit} if end > limit else None)


@pytest.fixture
def services() -> InMemoryServiceRepository:
    kept, one = InMemoryServiceRepository(), service()
    second = one.main.model_copy(update={"deployment_id": "5b"})
    kept.add(one.model_copy(update={"challenger": second}))
    return kept


def read(
    services: InMemoryServiceRepository,
    *,
    service_id: int = 5,
    role: Role = Role.MAIN,
    cursor: str | None = None,
    said: Said | None = None,
) -> Page[LogLineView]:
    return read_logs(
        SCOPE,
        service_id,
        role,
        limit=6,
        cursor=cursor,
        services=services,
        logs=said or Said(),
        cursors=CURSORS,
    )


def test_pages_go_back_in_time_and_each_is_in_order(services: InMemoryServiceRepository) -> None:
    newest = read(services)
    assert [line.text for line in newest.items] == [f"line {number}" for number in range(4, 10)]
    oldest = read(services, cursor=newest.next_cursor)
    assert [line.text for line in oldest.items] == [f"line {number}" for number in range(4)]
    assert oldest.next_cursor is None


def test_each_of_two_versions_online_has_logs_and_cursors_of_its_own(
    services: InMemoryServiceRepository,
) -> None:
    challenger = read(services, role=Role.CHALLENGER)
    assert challenger.items[0].id.startswith("5b-")
    with pytest.raises(InvalidCursorError):
        read(services, cursor=challenger.next_cursor)


def test_a_service_with_one_version_online_has_no_logs_of_a_second() -> None:
    alone = InMemoryServiceRepository()
    alone.add(service())
    assert read(alone, role=Role.CHALLENGER) == Page(items=[])


def test_a_service_that_was_never_hosted_has_said_nothing(services: InMemoryServiceRepository) -> None:
    nobody = Said()
    nobody.deployments = ()
    assert read(services, said=nobody) == Page(items=[])


def test_another_projects_service_is_not_there(services: InMemoryServiceRepository) -> None:
    with pytest.raises(ServiceNotFoundError):
        read(services, service_id=6)
