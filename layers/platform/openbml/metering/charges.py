"""What a use costs: free allowance first, then the price book (spec 01 section 2)."""

from decimal import ROUND_HALF_UP, Decimal

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml_catalog.machines import Module
from openbml_catalog.prices import Price, price_book

_SIX_PLACES = Decimal("0.000001")
_CENT = Decimal("0.01")


class PriceNotFoundError(OpenBMLError):
    """The price book has no such machine in this module; details: module, machine."""


class Charge(BaseModel):
    """How the minutes of one use are paid.

    Attributes:
        free_minutes: taken from the allowance.
        charged_minutes: paid by the price book.
        unpaid_minutes: beyond the allowance of an account without paid billing; nobody pays them (T1).
        amount: CNY, six places.
    """

    model_config = ConfigDict(frozen=True)

    free_minutes: int = Field(ge=0)
    charged_minutes: int = Field(ge=0)
    unpaid_minutes: int = Field(ge=0)
    amount: Decimal = Field(ge=0)


def price_of(module: Module, machine: str) -> Price:
    """Return the price.

    Raises:
        PriceNotFoundError: the machine is not sold in this module.
    """
    price = price_book().get((module, machine))
    if price is None:
        raise PriceNotFoundError(module=module, machine=machine)
    return price


def charge(minutes: int, *, price: Price, free_left: int, paid_billing: bool) -> Charge:
    """Return how `minutes` unit-minutes are paid when `free_left` of the allowance are left (T1, T2)."""
    free = min(minutes, max(0, free_left))
    rest = minutes - free
    charged = rest if paid_billing else 0
    amount = (price.per_unit_minute * charged).quantize(_SIX_PLACES, ROUND_HALF_UP)
    return Charge(free_minutes=free, charged_minutes=charged, unpaid_minutes=rest - charged, amount=amount)


def to_cents(amount: Decimal) -> Decimal:
    """Return the amount as bills show it (spec 01 section 2.11)."""
    return amount.quantize(_CENT, ROUND_HALF_UP)
