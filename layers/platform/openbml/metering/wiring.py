"""Metering's collaborators, built on first use."""

from functools import cache

from openbml.core.wiring import dynamodb_table
from openbml.identity.wiring import account_repository
from openbml.metering.accounts_identity import IdentityAccounts
from openbml.metering.ledger_dynamodb import DynamoLedger
from openbml.metering.settings import MeteringSettings


@cache
def ledger() -> DynamoLedger:
    return DynamoLedger(dynamodb_table(MeteringSettings.from_env().metering_table_name))


@cache
def accounts() -> IdentityAccounts:
    return IdentityAccounts(account_repository())
