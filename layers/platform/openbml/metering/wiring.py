"""Collaborators of this context, built on first use."""

from functools import cache

from openbml.core.wiring import dynamodb_table
from openbml.identity.wiring import account_repository
from openbml.metering.ledger_dynamodb import DynamoLedgerRepository
from openbml.metering.settings import MeteringSettings


@cache
def metering_settings() -> MeteringSettings:
    return MeteringSettings.from_env()


@cache
def ledger() -> DynamoLedgerRepository:
    return DynamoLedgerRepository(dynamodb_table(metering_settings().metering_table_name))


def paid_billing(account_id: int) -> bool:
    return account_repository().get(account_id).paid_billing
