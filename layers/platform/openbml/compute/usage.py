"""What contexts report of a machine's use (contracts, section 6); each publishes it under its own source."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from openbml.compute.intervals import Interval
from openbml.core.events import Event
from openbml_catalog.machines import Module


class UsedResource(BaseModel):
    model_config = ConfigDict(frozen=True)

    type: str
    id: str
    name: str


class UsageReport(Event):
    """Fields of every `UsageReported`; the same `usage_id` again is the same ledger entry."""

    usage_id: str
    module: Module
    machine: str
    resource: UsedResource
    units: int
    intervals: Sequence[Interval]
    closed: bool
