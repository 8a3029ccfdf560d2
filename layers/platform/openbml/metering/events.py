"""Events this context publishes (contracts, section 6)."""

from typing import ClassVar

from openbml.core.events import Event
from openbml_catalog.machines import Module


class AllowanceExhausted(Event):
    """The last free minute of a machine was used by an account without paid billing (T1)."""

    source: ClassVar[str] = "openbml.metering"

    module: Module
    machine: str
