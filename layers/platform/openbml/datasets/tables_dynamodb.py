"""Keys and batched access of the datasets table, for this context's adapters.

| Item | pk | sk |
|---|---|---|
| dataset | `project#{scope}` | `dataset#{id}` |
| name of a dataset | `project#{scope}` | `name#{name}` |
| chunk counter | `project#{scope}` | `chunks` |
| version | `dataset#{scope}#{id}` | `version#{n}` |
| where a version is | `version-id#{version_id}` | `version` |
| import | `version#{scope}#{id}#{n}` | `import#{import_id}` |
| table | `version#{scope}#{id}#{n}` | `table` |
| label count | `version#{scope}#{id}#{n}` | `label#{name}` |
| model trained on it | `version#{scope}#{id}#{n}` | `trained#{model_id}#{model_version}` |
| operation | `version#{scope}#{id}#{n}` | `operation#{operation_id}` |
| plan of an operation | `operation#{operation_id}` | `plan#{mark}#{chunk}` |
| its work in a chunk | `operation#{operation_id}` | `chunk#{chunk}` |
| finished chunk | `version#{scope}#{id}#{n}` | `chunk#{chunk}` |
| index | `index#{scope}#{id}#{n}#{facet}` | `{chunk}`: a bitmap of ordinals |
| sample | `samples#{scope}#{chunk}` | `{ordinal}` |
| earlier annotation | `history#{scope}#{chunk}` | `{ordinal}#{revision}` |
| columns of a chunk | `columns#{scope}#{id}#{n}` | `{chunk}`: names, sizes, times |
| lease of a sample | `lease#{scope}#{id}#{n}` | `{sample_id}` |
| label group | `project#{scope}` | `label-group#{id}`, `label-group-name#{name}`, `label-groups` |
| content of a version | `content#{scope}#{sha256[:2]}` | `{sha256}#{id}#{n}` |
| where an import is | `import#{import_id}` | `import` |
| finished shard, problems | `import#{import_id}` | `shard#{i}`, `problems#{shard}#{n}` |
| volume | `account#{account}#{region}` | `volume`, `volume#{user}` |
| mark of an object to sweep | `mark#{scope}#{kind}#{name[:2]}` | `{sha256 or key}` |
| snapshot | `snapshot#{scope}#{snapshot_id}` | `snapshot`, `shard#{i}` |
| data job | `version#{scope}#{id}#{n}` | `datajob#{job_id}` |
| where a data job is | `datajob#{job_id}` | `place` |

Index `gsi1` is sparse, each by time of the last change: `open-imports` while an import is not final,
`open-operations` likewise; `open-data-jobs` by id, while a data job is not final.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from boto3.dynamodb.conditions import ConditionBase, Key
from botocore.exceptions import ClientError

from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import Position, VersionKey

Element = TypeVar("Element")
_WRITES = 25  # BatchWriteItem
_READS = 100  # BatchGetItem
_ATTEMPTS = 8

OPEN_IMPORTS = "open-imports"
OPEN_DATA_JOBS = "open-data-jobs"
OPEN_OPERATIONS = "open-operations"


def project_pk(scope: ProjectScope) -> str:
    return f"project#{scope.key}"


def dataset_key(scope: ProjectScope, dataset_id: int) -> dict[str, str]:
    return {"pk": project_pk(scope), "sk": f"dataset#{dataset_id:016}"}


def name_key(scope: ProjectScope, name: str) -> dict[str, str]:
    return {"pk": project_pk(scope), "sk": f"name#{name}"}


def dataset_pk(scope: ProjectScope, dataset_id: int) -> str:
    return f"dataset#{scope.key}#{dataset_id}"


def version_item_key(key: VersionKey) -> dict[str, str]:
    return {"pk": dataset_pk(key.scope, key.dataset_id), "sk": f"version#{key.version_number:06}"}


def version_pk(key: VersionKey) -> str:
    return f"version#{key.scope.key}#{key.dataset_id}#{key.version_number}"


def table_key(key: VersionKey) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": "table"}


def import_key(key: VersionKey, import_id: int) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": f"import#{import_id:016}"}


def version_id_key(version_id: int) -> dict[str, str]:
    return {"pk": f"version-id#{version_id}", "sk": "version"}


def import_pk(import_id: int) -> str:
    # Import ids are unique in an installation, and an archive's key in storage names no account.
    return f"import#{import_id}"


def mark_key(scope: ProjectScope, kind: str, name: str) -> dict[str, str]:
    return {"pk": f"mark#{scope.key}#{kind}#{name[:2]}", "sk": name}


def data_job_key(key: VersionKey, job_id: int) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": f"datajob#{job_id:016}"}


def data_job_place_key(job_id: int) -> dict[str, str]:
    return {"pk": f"datajob#{job_id}", "sk": "place"}


def label_key(key: VersionKey, name: str) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": f"label#{name}"}


def operation_key(key: VersionKey, operation_id: int) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": f"operation#{operation_id:016}"}


def operation_chunk_key(operation_id: int, chunk: int) -> dict[str, str]:
    return {"pk": f"operation#{operation_id}", "sk": f"chunk#{chunk:012}"}


def operation_plan_key(operation_id: int, mark: str, chunk: int) -> dict[str, str]:
    return {"pk": f"operation#{operation_id}", "sk": f"plan#{mark}#{chunk:012}"}


def lease_key(key: VersionKey, sample_id: int) -> dict[str, str]:
    pk = f"lease#{key.scope.key}#{key.dataset_id}#{key.version_number}"
    return {"pk": pk, "sk": f"{sample_id:016}"}


def chunk_key(key: VersionKey, chunk: int) -> dict[str, str]:
    return {"pk": version_pk(key), "sk": f"chunk#{chunk:012}"}


def in_groups(elements: Sequence[Element], size: int) -> Iterator[Sequence[Element]]:
    iterator = iter(elements)
    while group := tuple(islice(iterator, size)):
        yield group


def query_page(
    table: Any, condition: ConditionBase, *, limit: int, position: Position | None, **options: Any
) -> tuple[list[dict[str, Any]], Position | None]:
    """Return one page; `position` is the key to go on after."""
    start = {"ExclusiveStartKey": position} if position else {}
    reply = table.query(KeyConditionExpression=condition, Limit=limit, **start, **options)
    return reply["Items"], reply.get("LastEvaluatedKey")


def query_all(table: Any, condition: ConditionBase, **options: Any) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    while True:
        reply = table.query(KeyConditionExpression=condition, **options, **start)
        yield from reply["Items"]
        if "LastEvaluatedKey" not in reply:
            return
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


def below(pk: str, prefix: str) -> ConditionBase:
    return Key("pk").eq(pk) & Key("sk").begins_with(prefix)


def count_below(table: Any, pk: str, prefix: str) -> int:
    """Return how many items there are; only their number is sent."""
    start: dict[str, Any] = {}
    count = 0
    while True:
        options = {"Select": "COUNT", "ConsistentRead": True, **start}
        reply = table.query(KeyConditionExpression=below(pk, prefix), **options)
        count += int(reply["Count"])
        if "LastEvaluatedKey" not in reply:
            return count
        start = {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


class TableBatches:
    """BatchWriteItem and BatchGetItem with what was not processed asked again."""

    def __init__(self, table: Any, sleep: Callable[[float], None] = time.sleep) -> None:
        self._table = table
        self._client = table.meta.client
        self._sleep = sleep

    def put(self, items: Sequence[dict[str, Any]]) -> None:
        self._write([{"PutRequest": {"Item": item}} for item in items])

    def delete(self, keys: Sequence[dict[str, Any]]) -> None:
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def _write(self, requests: Sequence[dict[str, Any]]) -> None:
        write_batches(self._client, self._table.name, requests, self._sleep)

    def get(self, keys: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the items that exist, consistently read, in no order."""
        items: list[dict[str, Any]] = []
        for group in in_groups(keys, _READS):
            left: Sequence[dict[str, Any]] = group
            for attempt in range(_ATTEMPTS):
                request = {self._table.name: {"Keys": list(left), "ConsistentRead": True}}
                reply = self._client.batch_get_item(RequestItems=request)
                items.extend(reply["Responses"].get(self._table.name, []))
                left = reply.get("UnprocessedKeys", {}).get(self._table.name, {}).get("Keys", [])
                if not left:
                    break
                self._sleep(0.05 * 2**attempt)
            else:
                raise TableBusyError(len(left))
        return items


class TableBusyError(Exception):
    """The table did not take a batch for seconds; the message on the queue comes again."""


def write_batches(
    client: Any,
    table_name: str,
    requests: Sequence[dict[str, Any]],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Send requests of BatchWriteItem; raises TableBusyError."""
    for group in in_groups(requests, _WRITES):
        left: Sequence[dict[str, Any]] = group
        for attempt in range(_ATTEMPTS):
            reply = client.batch_write_item(RequestItems={table_name: list(left)})
            left = reply.get("UnprocessedItems", {}).get(table_name, [])
            if not left:
                break
            sleep(0.05 * 2**attempt)
        else:
            raise TableBusyError(len(left))


def transact(table: Any, actions: Sequence[dict[str, Any]]) -> None:
    """Write all or nothing, again when another transaction was at the same items.

    Each action is `{"Put"|"Update"|"Delete"|"ConditionCheck": {…}}` without its table.
    """
    named = [{verb: {"TableName": table.name, **what}} for action in actions for verb, what in action.items()]
    write_transaction(table.meta.client, named)


def write_transaction(client: Any, actions: Sequence[dict[str, Any]]) -> None:
    """Write all or nothing, again when another transaction was at the same items."""
    for attempt in range(_ATTEMPTS):
        try:
            client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if attempt == _ATTEMPTS - 1 or not _is_conflict(error):
                raise
            time.sleep(0.02 * 2**attempt * (1 + random.random()))
        else:
            return


def _is_conflict(error: ClientError) -> bool:
    if error.response["Error"]["Code"] == "TransactionConflictException":
        return True
    codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
    return "TransactionConflict" in codes and "ConditionalCheckFailed" not in codes


def failed_conditions(error: ClientError) -> Sequence[bool] | None:
    """Return, per action of a refused transaction, whether its condition failed; None for other errors."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return None
    reasons = error.response.get("CancellationReasons", [])
    return [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons]
