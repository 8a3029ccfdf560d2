"""What the CloudWatch adapter of `ContainerLogs` owes, and the logs of copies that the local engine runs."""

import uuid
from typing import Any

import boto3
import pytest

from openbml.compute.hosting_logs import HostingLogs, LogPosition
from openbml.compute.hosting_logs_cloudwatch import CloudWatchContainerLogs
from openbml.compute.hostings import HostingMode
from tests.contract.compute.conftest import BUCKET
from tests.contract.compute.hosted import NAMES, HostedProject
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually
from tests.fakes.compute_memory import NOON

pytestmark = pytest.mark.contract
NOON_MS = int(NOON.timestamp() * 1000)


@pytest.fixture
def client(emulator_url: str) -> Any:
    return boto3.client("logs", endpoint_url=emulator_url, **KEYS)


class Group:
    def __init__(self, client: Any) -> None:
        self.name = f"/aws/sagemaker/Endpoints/t-{uuid.uuid4().hex[:10]}"
        self._client = client
        client.create_log_group(logGroupName=self.name)

    def say(self, stream: str, *lines: tuple[int, str]) -> None:
        """Write lines; times are seconds after noon of today, which is as far back as CloudWatch takes."""
        self._client.create_log_stream(logGroupName=self.name, logStreamName=stream)
        events = [{"timestamp": NOON_MS + at * 1000, "message": text} for at, text in lines]
        self._client.put_log_events(logGroupName=self.name, logStreamName=stream, logEvents=events)


def read(client: Any, group: Group, *, limit: int) -> list[list[str]]:
    """Return the texts of all pages, as they are paged through."""
    logs = CloudWatchContainerLogs(client)
    pages: list[list[str]] = []
    position: LogPosition | None = None
    while True:
        page = logs.page([group.name], limit=limit, position=position)
        pages.append([line.text for line in page.lines])
        position = page.position
        if position is None:
            return pages
        assert len(pages) < 100


def test_lines_of_both_copies_are_merged_by_time_and_paged_backwards(client: Any) -> None:
    group = Group(client)
    group.say("main/i-1", (1, "a"), (3, "c"), (5, "e"))
    group.say("main/i-2", (2, "b"), (4, "d"))
    assert read(client, group, limit=2) == [["d", "e"], ["b", "c"], ["a"]]
    assert read(client, group, limit=5) == [["a", "b", "c", "d", "e"]]
    copies = CloudWatchContainerLogs(client).page([group.name], limit=5, position=None).lines
    assert [line.copy_name for line in copies] == [f"main/i-{number}" for number in (1, 2, 1, 2, 1)]
    assert len({line.id for line in copies}) == 5


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_no_line_of_a_busy_millisecond_is_lost_or_doubled(client: Any, limit: int) -> None:
    group = Group(client)
    group.say("main/i-1", (1, "a"), (2, "b"), (2, "c"), (2, "d"), (3, "h"))
    group.say("main/i-2", (2, "e"), (2, "f"), (2, "g"))
    pages = read(client, group, limit=limit)
    lines = [text for page in reversed(pages) for text in page]
    assert sorted(lines) == list("abcdefgh")
    assert (lines[0], lines[-1]) == ("a", "h")


def test_a_group_that_is_not_there_has_no_lines(client: Any) -> None:
    page = CloudWatchContainerLogs(client).page(["/aws/sagemaker/Endpoints/none"], limit=5, position=None)
    assert (page.lines, page.position) == ([], None)


def test_hostile_lines_are_shown_without_their_signs(client: Any) -> None:
    group = Group(client)
    group.say("main/i-1", (1, "\x1b[2Jgone" + "x" * 5000))
    ((text,),) = read(client, group, limit=5)
    assert text.startswith("�[2Jgone")
    assert len(text) <= 2048


@pytest.mark.parametrize("mode", list(HostingMode))
def test_both_copies_of_a_hosting_are_heard(
    engine: EngineProcess, emulator_url: str, client: Any, mode: HostingMode
) -> None:
    project = HostedProject(engine, emulator_url, BUCKET, mode)
    project.deploy(1)
    logs = HostingLogs(hostings=project.hostings, names=NAMES, logs=CloudWatchContainerLogs(client))

    def heard() -> set[str]:
        page = logs.page(project.deployment_id, limit=50, position=None)
        return {line.copy_name for line in page.lines if line.text == "the model answers"}

    eventually(lambda: len(heard()) == 2)
    project.remove()
