"""Routes of the metering API (contracts, section 4): one use case each."""

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.pages import Page
from openbml.core.scope import ProjectScope
from openbml.core.wiring import cursor_codec
from openbml.identity.wiring import authorizer
from openbml.metering import use_cases
from openbml.metering.ledger import AccountBook, LedgerEntry, month_of
from openbml.metering.use_cases import Bill
from openbml.metering.wiring import ledger, metering_settings, paid_billing
from openbml_catalog.prices import Price, currency, price_book

router = Router()
Month = Annotated[str | None, Query(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2000)]


class PriceList(BaseModel):
    currency: str
    items: Sequence[Price]


def _readable() -> tuple[AccountBook, Sequence[ProjectScope] | None]:
    """Return whose ledger the caller reads, and which of its projects."""
    principal = principal_of(router.current_event)
    visible = authorizer().projects_with(principal, "usage.read")
    region = metering_settings().aws_region
    return AccountBook(account_id=principal.account_id, region=region), visible


@router.get("/v1/metering/prices")
def get_prices() -> PriceList:
    principal_of(router.current_event)
    return PriceList(currency=currency(), items=list(price_book().values()))


@router.get("/v1/metering/bill")
def get_bill(month: Month = None) -> Bill:
    book, visible = _readable()
    return use_cases.read_bill(
        book, month=month, visible=visible, ledger=ledger(), paid_billing=paid_billing, now=utc_now
    )


@router.get("/v1/metering/ledger")
def get_ledger(month: Month = None, limit: Limit = 50, cursor: Cursor = None) -> Page[LedgerEntry]:
    book, visible = _readable()
    chosen = month or month_of(utc_now())
    purpose = f"ledger/{book.account_id}/{chosen}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    entries, following = ledger().page(book, chosen, limit=limit, position=position)
    shown = [entry for entry in entries if visible is None or entry.scope in visible]
    return Page(items=shown, next_cursor=cursor_codec().encode(following, purpose=purpose))
