"""What the containers of hostings say."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.compute.hostings import HostingRepository

# Where a page ended; its owner signs it before it leaves the platform.
LogPosition = dict[str, Any]


class HostingLine(BaseModel):
    """Attributes:
    id: the same for the same line; of equal lines in one millisecond each has its own.
    copy_name: which of the hosting's copies says it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    at: AwareDatetime
    copy_name: str
    text: str


class LogPage(BaseModel):
    """Lines in the order of time, and the position of the page before; None: there is none."""

    model_config = ConfigDict(frozen=True)

    lines: Sequence[HostingLine]
    position: LogPosition | None = None


class ContainerLogs(Protocol):
    """Port; `tests/contract/compute/test_hosting_logs.py` holds what implementations owe."""

    def page(self, groups: Sequence[str], *, limit: int, position: LogPosition | None) -> LogPage:
        """Return the newest lines of all copies, older than the position where one is given.

        Raises:
            RuntimeBusyError
        """


class GroupNames(Protocol):
    """Port; where the lines of a hosting's containers are kept."""

    def log_groups(self, deployment_id: str, revisions: Sequence[int]) -> Sequence[str]: ...


class HostingLogs:
    """Logs by hosting."""

    def __init__(self, *, hostings: HostingRepository, names: GroupNames, logs: ContainerLogs) -> None:
        self._hostings = hostings
        self._names = names
        self._logs = logs

    def page(self, deployment_id: str, *, limit: int, position: LogPosition | None) -> LogPage:
        """Return a page of what the hosting's copies said, the newest first; lines in the order of time.

        Raises:
            HostingNotFoundError, RuntimeBusyError
        """
        hosting = self._hostings.get(deployment_id)
        revisions = sorted({*hosting.made_revisions, hosting.made_from})
        groups = self._names.log_groups(deployment_id, revisions)
        return self._logs.page(groups, limit=limit, position=position)
