"""DynamoDB adapter of `Ledger`.

Items (keys `pk`, `sk`):
    account#{account}#ledger      / {ended_at}#{usage_id}   a ledger entry   list: of an account, by time
    account#{account}#open        / {usage_id}              an open usage    index gsi1: `open`, all accounts
    account#{account}#usage       / {usage_id}              the usage has its entry (unique by condition)
    account#{account}#allowances  / {module}#{machine}      how much of a free allowance is used
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.metering.ledger import (
    Allowance,
    AllowanceConflictError,
    LedgerEntry,
    Position,
    UsageRecordedError,
    full_allowance,
)
from openbml.metering.usage import Usage
from openbml_catalog.machines import Module
from openbml_catalog.prices import price_book

_NEW = "attribute_not_exists(pk)"
_LOST = ("ConditionalCheckFailed", "TransactionConflict")
_PAGES = 20  # queries for one page of a list that is filtered by project


class DynamoLedger:
    def __init__(self, table: Any) -> None:
        self._table = table

    def allowance(self, account_id: int, module: Module, machine: str) -> Allowance:
        full = full_allowance(account_id, module, machine)
        item = self._table.get_item(Key=_allowance_key(full), ConsistentRead=True).get("Item")
        return _current(full, item) if item else full

    def allowances(self, account_id: int) -> Sequence[Allowance]:
        items = self._all(Key("pk").eq(f"account#{account_id}#allowances"), ConsistentRead=True)
        used = {(item["module"], item["machine"]): item for item in items}
        given = [
            full_allowance(account_id, *pool) for pool, price in price_book().items() if price.free_minutes
        ]
        return [
            _current(full, used[full.module, full.machine]) if (full.module, full.machine) in used else full
            for full in given
        ]

    def keep_open(self, usage: Usage) -> None:
        item = to_item(
            usage, **_open_key(usage.account_id, usage.usage_id), gsi1pk="open", gsi1sk=_open_index(usage)
        )
        unrecorded = {
            "ConditionCheck": {
                "TableName": self._table.name,
                "Key": _usage_key(usage.account_id, usage.usage_id),
                "ConditionExpression": _NEW,
            }
        }
        try:
            self._transact([unrecorded, self._put(item)])
        except ClientError as error:
            codes = _cancellations(error)
            if not codes:
                raise
            if "TransactionConflict" in codes:  # its close is under way, or a repeat of this
                raise AllowanceConflictError from error

    def open_usages(self, account_id: int) -> Sequence[Usage]:
        items = self._all(Key("pk").eq(f"account#{account_id}#open"), ConsistentRead=True)
        return sorted((from_item(Usage, item) for item in items), key=lambda usage: usage.started_at)

    def accounts_in_use(self) -> Sequence[int]:
        items = self._all(Key("gsi1pk").eq("open"), IndexName="gsi1", ProjectionExpression="gsi1sk")
        return sorted({int(item["gsi1sk"].partition("#")[0]) for item in items})

    def record(self, entry: LedgerEntry, allowance: Allowance) -> None:
        account_id, usage_id = entry.scope.account_id, entry.usage_id
        before = allowance.version - 1
        given = {} if before == 0 else {"ExpressionAttributeValues": {":before": before}}
        writes = [
            self._put({**_usage_key(account_id, usage_id), "entry": _entry_place(entry)}),
            {
                "Put": {
                    "TableName": self._table.name,
                    "Item": to_item(allowance, **_allowance_key(allowance)),
                    "ConditionExpression": _NEW if before == 0 else "version = :before",
                    **given,
                }
            },
            self._put(to_item(entry, pk=_ledger_pk(account_id), sk=_entry_place(entry))),
            {"Delete": {"TableName": self._table.name, "Key": _open_key(account_id, usage_id)}},
        ]
        try:
            self._transact(writes)
        except ClientError as error:
            codes = _cancellations(error)
            if not codes:
                raise
            if codes[0] == "ConditionalCheckFailed":
                raise UsageRecordedError(usage_id=usage_id) from error
            raise AllowanceConflictError from error

    def entries(
        self, account_id: int, *, start: datetime, end: datetime, projects: Collection[int] | None
    ) -> Sequence[LedgerEntry]:
        condition = Key("pk").eq(_ledger_pk(account_id)) & Key("sk").between(_moment(start), _moment(end))
        found = (from_item(LedgerEntry, item) for item in self._all(condition, ConsistentRead=True))
        return [entry for entry in found if projects is None or entry.scope.project_id in projects]

    def page(
        self, account_id: int, *, projects: Collection[int] | None, limit: int, position: Position
    ) -> tuple[Sequence[LedgerEntry], Position]:
        query: dict[str, Any] = {
            "KeyConditionExpression": Key("pk").eq(_ledger_pk(account_id)),
            "ScanIndexForward": False,
        }
        entries: list[LedgerEntry] = []
        for _ in range(_PAGES):
            start = {"ExclusiveStartKey": position} if position else {}
            reply = self._table.query(**query, **start, Limit=limit - len(entries))
            found = (from_item(LedgerEntry, item) for item in reply["Items"])
            entries.extend(row for row in found if projects is None or row.scope.project_id in projects)
            position = reply.get("LastEvaluatedKey")
            if position is None or len(entries) == limit:
                break
        return entries, position

    def _put(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": _NEW}}

    def _transact(self, writes: Sequence[dict[str, Any]]) -> None:
        self._table.meta.client.transact_write_items(TransactItems=list(writes))

    def _all(self, condition: Any, **options: Any) -> Iterator[dict[str, Any]]:
        query = {"KeyConditionExpression": condition, **options}
        while True:
            reply = self._table.query(**query)
            yield from reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return
            query["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def _current(full: Allowance, item: dict[str, Any]) -> Allowance:
    """Return the stored use with the minutes the price book gives today."""
    return full.model_copy(
        update={"used_minutes": int(item["used_minutes"]), "version": int(item["version"])}
    )


def _cancellations(error: ClientError) -> list[str]:
    """Return a cancelled transaction's reasons, item by item, when any of them is a lost race."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return []
    codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
    return codes if any(code in _LOST for code in codes) else []


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _ledger_pk(account_id: int) -> str:
    return f"account#{account_id}#ledger"


def _entry_place(entry: LedgerEntry) -> str:
    return f"{_moment(entry.ended_at)}#{entry.usage_id}"


def _usage_key(account_id: int, usage_id: str) -> dict[str, str]:
    return {"pk": f"account#{account_id}#usage", "sk": usage_id}


def _open_key(account_id: int, usage_id: str) -> dict[str, str]:
    return {"pk": f"account#{account_id}#open", "sk": usage_id}


def _open_index(usage: Usage) -> str:
    return f"{usage.account_id}#{usage.usage_id}"


def _allowance_key(allowance: Allowance) -> dict[str, str]:
    return {
        "pk": f"account#{allowance.account_id}#allowances",
        "sk": f"{allowance.module}#{allowance.machine}",
    }
