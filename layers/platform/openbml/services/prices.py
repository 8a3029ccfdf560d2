"""What a service costs while it runs (spec 01, D4)."""

from decimal import Decimal

from openbml.services.configurations import Configuration
from openbml_catalog.machines import Module
from openbml_catalog.prices import price_book


def price_per_hour(machine_type: str, configuration: Configuration) -> Decimal:
    """Return CNY per hour: unit price × compute units × instances."""
    return price_book()[Module.ONLINE_SERVICE, machine_type].price * configuration.billed_units
