"""Routes of `/v1/metering` (contracts, section 4)."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.identity.wiring import authorizer
from openbml.metering import bills
from openbml.metering.bills import Bill, LedgerView, PriceList
from openbml.metering.wiring import accounts, ledger

router = Router()

Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]
Month = Annotated[str | None, Query(max_length=7)]


def _reader() -> tuple[int, frozenset[int] | None]:
    """Return the caller's account and the projects whose usage it may see; None: all."""
    principal = principal_of(router.current_event)
    scopes = authorizer().projects_with(principal, "usage.read")
    shown = None if scopes is None else frozenset(scope.project_id for scope in scopes)
    return principal.account_id, shown


@router.get("/v1/metering/prices")
def get_prices() -> PriceList:
    principal_of(router.current_event)
    return bills.price_list()


@router.get("/v1/metering/bill")
def get_bill(month: Month = None) -> Bill:
    account_id, projects = _reader()
    return bills.bill_of(
        account_id, month, projects=projects, ledger=ledger(), accounts=accounts(), now=utc_now
    )


@router.get("/v1/metering/ledger")
def get_ledger(limit: Limit = 50, cursor: Cursor = None) -> Page[LedgerView]:
    account_id, projects = _reader()
    return bills.ledger_page(
        account_id,
        projects=projects,
        limit=limit,
        cursor=cursor,
        ledger=ledger(),
        cursors=cursor_codec(),
    )
