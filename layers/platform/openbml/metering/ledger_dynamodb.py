"""DynamoDB adapter of `LedgerRepository`.

Items (keys `pk`, `sk`; `{book}` is `account#region`):
    {book}#ledger#{month}      / {ended_ms}#{usage_id}  an entry           bill and ledger of a month, by time
    {book}#recorded#{usage_id} / recorded               the use is billed  exactly once by condition
    {book}#open                / {usage_id}             a use that goes on what accrues
    {book}#allowances          / {module}#{machine}     an allowance       compared by version
"""

from collections.abc import Iterator, Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.metering.ledger import AccountBook, Allowance, LedgerBusyError, LedgerEntry
from openbml.metering.usage import UsageReport
from openbml_catalog.machines import Module

_NEW = "attribute_not_exists(pk)"


class DynamoLedgerRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def allowance(self, book: AccountBook, module: Module, machine: str) -> Allowance:
        key = _allowance_key(book, module, machine)
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return from_item(Allowance, item) if item else Allowance(module=module, machine=machine)

    def allowances(self, book: AccountBook) -> Sequence[Allowance]:
        return [from_item(Allowance, item) for item in self._all(f"{_book(book)}#allowances")]

    def record(self, entry: LedgerEntry, allowance: Allowance) -> bool:
        book = AccountBook.of(entry.scope)
        allowance_item = to_item(allowance, **_allowance_key(book, allowance.module, allowance.machine))
        writes = [
            self._put(_recorded_key(book, entry.usage_id), _NEW),
            self._put(to_item(entry, **_entry_key(book, entry))),
            {
                "Put": {
                    "TableName": self._table.name,
                    "Item": allowance_item,
                    "ConditionExpression": "attribute_not_exists(pk) OR version = :before",
                    "ExpressionAttributeValues": {":before": allowance.version - 1},
                }
            },
            {"Delete": {"TableName": self._table.name, "Key": _open_key(book, entry.usage_id)}},
        ]
        try:
            self._table.meta.client.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            if self.is_recorded(book, entry.usage_id):
                return False
            raise LedgerBusyError(usage_id=entry.usage_id) from error
        return True

    def open(self, report: UsageReport) -> None:
        book = AccountBook.of(report.scope)
        check = {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": _recorded_key(book, report.usage_id),
                "ConditionExpression": _NEW,
            }
        }
        put = self._put(to_item(report, **_open_key(book, report.usage_id)))
        try:
            self._table.meta.client.transact_write_items(TransactItems=[check, put])
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            if not self.is_recorded(book, report.usage_id):
                raise LedgerBusyError(usage_id=report.usage_id) from error

    def is_recorded(self, book: AccountBook, usage_id: str) -> bool:
        return "Item" in self._table.get_item(Key=_recorded_key(book, usage_id), ConsistentRead=True)

    def open_uses(self, book: AccountBook) -> Sequence[UsageReport]:
        return [from_item(UsageReport, item) for item in self._all(f"{_book(book)}#open")]

    def entries(self, book: AccountBook, month: str) -> Sequence[LedgerEntry]:
        return [from_item(LedgerEntry, item) for item in self._all(f"{_book(book)}#ledger#{month}")]

    def page(
        self, book: AccountBook, month: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[LedgerEntry], dict[str, Any] | None]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"{_book(book)}#ledger#{month}"),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        entries = [from_item(LedgerEntry, item) for item in reply["Items"]]
        return entries, reply.get("LastEvaluatedKey")

    def _put(self, item: dict[str, Any], condition: str | None = None) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table.name, "Item": item}
        if condition:
            put["ConditionExpression"] = condition
        return {"Put": put}

    def _all(self, partition: str) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            reply = self._table.query(
                KeyConditionExpression=Key("pk").eq(partition), ConsistentRead=True, **start
            )
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


def _book(book: AccountBook) -> str:
    return f"{book.account_id}#{book.region}"


def _allowance_key(book: AccountBook, module: Module, machine: str) -> dict[str, str]:
    return {"pk": f"{_book(book)}#allowances", "sk": f"{module}#{machine}"}


def _recorded_key(book: AccountBook, usage_id: str) -> dict[str, str]:
    return {"pk": f"{_book(book)}#recorded#{usage_id}", "sk": "recorded"}


def _open_key(book: AccountBook, usage_id: str) -> dict[str, str]:
    return {"pk": f"{_book(book)}#open", "sk": usage_id}


def _entry_key(book: AccountBook, entry: LedgerEntry) -> dict[str, str]:
    ended_ms = int(entry.ended_at.timestamp() * 1000)
    return {"pk": f"{_book(book)}#ledger#{entry.month}", "sk": f"{ended_ms:016d}#{entry.usage_id}"}
