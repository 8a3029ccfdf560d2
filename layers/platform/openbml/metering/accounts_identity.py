"""Adapter of `Accounts`: the account repository of identity."""

from openbml.identity.accounts import AccountRepository


class IdentityAccounts:
    def __init__(self, accounts: AccountRepository) -> None:
        self._accounts = accounts

    def has_paid_billing(self, account_id: int) -> bool:
        return self._accounts.get(account_id).paid_billing
