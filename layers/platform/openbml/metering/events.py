"""Events this context publishes (contracts, section 6)."""

from typing import ClassVar

from openbml.core.events import Event
from openbml_catalog.machines import Module


class AllowanceExhausted(Event):
    """An account without paid billing has used up a free allowance; may come again.

    `scope` is the project whose usage used it up; the allowance is the account's.
    """

    source: ClassVar[str] = "openbml.metering"

    module: Module
    machine: str
