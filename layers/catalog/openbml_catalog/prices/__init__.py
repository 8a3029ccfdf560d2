"""The price book (spec 01 section 2): prices are data, amounts are `Decimal` CNY."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.machines import Module


class PriceUnit(StrEnum):
    NODE_MINUTE = "node_minute"
    COMPUTE_UNIT_HOUR = "compute_unit_hour"


class Price(BaseModel):
    """Price of one machine in one module.

    Attributes:
        price: CNY per unit.
        free_hours: free allowance in unit-hours (node-hours or compute-unit-hours), once per account.
        needs_paid_billing: the machine cannot be used before paid billing is activated.
    """

    model_config = ConfigDict(frozen=True)

    module: Module
    machine: str
    unit: PriceUnit
    price: Decimal
    free_hours: int
    needs_paid_billing: bool

    @property
    def per_unit_minute(self) -> Decimal:
        """CNY per node-minute or compute-unit-minute, unrounded."""
        return self.price if self.unit is PriceUnit.NODE_MINUTE else self.price / 60

    @property
    def free_minutes(self) -> int:
        return self.free_hours * 60


@cache
def price_book() -> Mapping[tuple[Module, str], Price]:
    """Return all prices by module and machine code."""
    rows = [Price.model_validate(row) for row in load_document("prices", "prices.yaml")["prices"]]
    return {(row.module, row.machine): row for row in rows}


@cache
def currency() -> str:
    return str(load_document("prices", "prices.yaml")["currency"])
