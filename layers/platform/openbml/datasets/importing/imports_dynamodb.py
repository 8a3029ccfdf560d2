"""DynamoDB adapter of `ImportRepository`; keys in `tables_dynamodb`."""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from pydantic import AwareDatetime

from openbml.core.clock import Clock
from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    DatasetDeletingError,
    OperationRunningError,
    Position,
    SmartLabellingRunningError,
    VersionBusyError,
    VersionKey,
    VersionState,
)
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportChangedError,
    ImportFailure,
    ImportNotFoundError,
    ImportPlan,
    ImportState,
    ShardDone,
    VolumeTakenError,
)
from openbml.datasets.importing.import_actions_dynamodb import (
    finished_chunk,
    import_counted,
    import_item,
    import_of,
    label_updates,
    version_counted,
    volume_added,
    volume_keys,
)
from openbml.datasets.quotas import Quotas
from openbml.datasets.tables_dynamodb import (
    OPEN_IMPORTS,
    TableBatches,
    below,
    count_below,
    failed_conditions,
    import_key,
    import_pk,
    in_groups,
    project_pk,
    query_all,
    query_page,
    transact,
    version_item_key,
    version_pk,
)

_LABELS_PER_TRANSACTION = 90  # a transaction takes 100 actions
UNLIMITED = 2**53
_STATE = {"#state": "state"}


class DynamoImportRepository:
    def __init__(self, table: Any, *, now: Clock, quotas: Quotas | None = None) -> None:
        self._table = table
        self._now = now
        self._quotas = quotas or Quotas()

    def add(self, data_import: DataImport) -> None:
        where = {
            "pk": import_pk(data_import.import_id),
            "sk": "import",
            **to_item(data_import.version_key),
        }
        new = "attribute_not_exists(pk)"
        transact(
            self._table,
            [
                {"Put": {"Item": self._item(data_import), "ConditionExpression": new}},
                {"Put": {"Item": where, "ConditionExpression": new}},
            ],
        )

    def get(self, key: VersionKey, import_id: int) -> DataImport:
        item = self._table.get_item(Key=import_key(key, import_id), ConsistentRead=True).get("Item")
        if item is None:
            raise ImportNotFoundError(import_id=import_id)
        return import_of(item)

    def find(self, project_id: int, import_id: int) -> DataImport | None:
        where = {"pk": import_pk(import_id), "sk": "import"}
        item = self._table.get_item(Key=where, ConsistentRead=True).get("Item")
        key = from_item(VersionKey, item) if item else None
        if key is None or key.scope.project_id != project_id:
            return None
        try:
            return self.get(key, import_id)
        except ImportNotFoundError:
            return None

    def page(
        self, key: VersionKey, *, limit: int, position: Position | None
    ) -> tuple[Sequence[DataImport], Position | None]:
        items, following = query_page(
            self._table,
            below(version_pk(key), "import#"),
            limit=limit,
            position=position,
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        return [import_of(item) for item in items], following

    def open_since(self, changed_before: AwareDatetime) -> Sequence[DataImport]:
        condition = Key("gsi1pk").eq(OPEN_IMPORTS) & Key("gsi1sk").lt(changed_before.isoformat())
        return [import_of(item) for item in query_all(self._table, condition, IndexName="gsi1")]

    def start(self, data_import: DataImport) -> DataImport:
        key, import_id = data_import.version_key, data_import.import_id
        claim = {
            "Key": version_item_key(key),
            "UpdateExpression": "SET #state = :importing, active_import_id = :id "
            "REMOVE failure_reason, failure_message",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(active_operation_id) "
            "AND NOT #state IN (:importing, :deleting, :labelling)",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {
                ":importing": VersionState.IMPORTING.value,
                ":deleting": VersionState.DELETING.value,
                ":labelling": VersionState.SMART_LABELLING.value,
                ":id": import_id,
            },
        }
        move = self._move(data_import, ImportState.UPLOADING, ImportState.PLANNING)
        try:
            transact(self._table, [{"Update": claim}, {"Update": move}])
        except ClientError as error:
            failed = failed_conditions(error)
            if failed and failed[0]:
                raise self._busy(key) from error
            if failed and failed[1]:
                raise ImportChangedError(import_id=import_id) from error
            raise
        return self.get(key, import_id)

    def _busy(self, key: VersionKey) -> Exception:
        version = self._table.get_item(Key=version_item_key(key), ConsistentRead=True).get("Item", {})
        names = {"dataset_id": key.dataset_id, "version_number": key.version_number}
        if version.get("state", VersionState.DELETING) == VersionState.DELETING:
            return DatasetDeletingError(dataset_id=key.dataset_id)
        if version["state"] == VersionState.SMART_LABELLING:
            return SmartLabellingRunningError(**names)
        if "active_operation_id" in version:
            return OperationRunningError(**names, operation_id=int(version["active_operation_id"]))
        return VersionBusyError(
            dataset_id=key.dataset_id,
            version_number=key.version_number,
            import_id=int(version.get("active_import_id", 0)),
        )

    def release(self, data_import: DataImport) -> None:
        free = self._free_version(data_import, ImportState.CANCELLED, None)
        back = self._move(data_import, ImportState.PLANNING, ImportState.UPLOADING)
        transact(self._table, [{"Update": free}, {"Update": back}])

    def reserve_chunks(self, scope: ProjectScope, count: int) -> int:
        reply = self._table.update_item(
            Key={"pk": project_pk(scope), "sk": "chunks"},
            UpdateExpression="ADD last_chunk :count",
            ExpressionAttributeValues={":count": count},
            ReturnValues="UPDATED_NEW",
        )
        return int(reply["Attributes"]["last_chunk"]) - count + 1

    def room(self, data_import: DataImport) -> int:
        quota = self._quotas.of(data_import.content)
        version = self._table.get_item(Key=version_item_key(data_import.version_key), ConsistentRead=True)
        held = [int(version.get("Item", {}).get("sample_count", 0))]
        for key in volume_keys(data_import):
            item = self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})
            held.append(int(item.get(quota.counter, 0)))
        limits = (quota.dataset, quota.account, quota.user)
        return min(
            (limit - count for limit, count in zip(limits, held, strict=True) if limit is not None),
            default=UNLIMITED,
        )

    def plan(self, data_import: DataImport, plan: ImportPlan) -> DataImport:
        count = plan.entries_total
        move = self._move(
            data_import,
            ImportState.PLANNING,
            ImportState.IMPORTING,
            first_chunk=plan.first_chunk,
            shard_count=plan.shard_count,
            entries_total=count,
            reserved=count,
            **plan.counts.model_dump(),
        )
        quota = self._quotas.of(data_import.content)
        account, user = volume_keys(data_import)
        reserve = [
            volume_added(data_import, key, count, at_most=None if limit is None else limit - count)
            for key, limit in ((account, quota.account), (user, quota.user))
        ]
        try:
            transact(self._table, [{"Update": update} for update in (move, *reserve)])
        except ClientError as error:
            failed = failed_conditions(error)
            if failed and failed[0]:
                raise ImportChangedError(import_id=data_import.import_id) from error
            if failed and any(failed):
                raise VolumeTakenError(import_id=data_import.import_id) from error
            raise
        return self.get(data_import.version_key, data_import.import_id)

    def shard_is_done(self, data_import: DataImport, index: int) -> bool:
        marker = {"pk": import_pk(data_import.import_id), "sk": f"shard#{index:06}"}
        return "Item" in self._table.get_item(Key=marker, ConsistentRead=True)

    def finish_shard(self, data_import: DataImport, shard: ShardDone) -> None:
        groups = list(in_groups(sorted(shard.labels.items()), _LABELS_PER_TRANSACTION)) or [()]
        for place, group in enumerate(groups[:-1]):
            self._mark(
                data_import, f"shard#{shard.index:06}#labels#{place:03}", label_updates(data_import, group)
            )
        closing = [
            *label_updates(data_import, groups[-1]),
            {"Update": import_counted(data_import, shard, self._now())},
            {"Update": version_counted(data_import, shard, self._now())},
            {"Put": {"Item": finished_chunk(data_import, shard)}},
            *(
                {"Update": volume_added(data_import, key, shard.counts.accepted - shard.entries)}
                for key in volume_keys(data_import)
            ),
        ]
        self._mark(data_import, f"shard#{shard.index:06}", closing)

    def _mark(self, data_import: DataImport, marker: str, actions: Sequence[dict[str, Any]]) -> None:
        """Do the actions with their marker, once, as long as the import runs."""
        key = import_key(data_import.version_key, data_import.import_id)
        put = {
            "Item": {"pk": import_pk(data_import.import_id), "sk": marker},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        runs = {
            "Key": key,
            "ConditionExpression": "#state = :importing",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {":importing": ImportState.IMPORTING.value},
        }
        # One action per item: where the import itself is updated, that update carries the condition.
        checked = any(action.get("Update", {}).get("Key") == key for action in actions)
        checks = [] if checked else [{"ConditionCheck": runs}]
        try:
            transact(self._table, [{"Put": put}, *checks, *actions])
        except ClientError as error:
            failed = failed_conditions(error)
            if failed is None or not any(failed):
                raise
            if failed[0]:
                return  # done before: a repeated message
            raise ImportChangedError(import_id=data_import.import_id) from error

    def end(
        self, data_import: DataImport, state: ImportState, failure: ImportFailure | None, at: AwareDatetime
    ) -> DataImport | None:
        while not data_import.state.is_final:
            try:
                transact(self._table, self._end_actions(data_import, state, failure, at))
            except ClientError as error:
                if not any(failed_conditions(error) or ()):
                    raise
                # Something moved on at the same moment: look again.
                data_import = self.get(data_import.version_key, data_import.import_id)
                continue
            return self.get(data_import.version_key, data_import.import_id)
        return None

    def _end_actions(
        self, data_import: DataImport, state: ImportState, failure: ImportFailure | None, at: AwareDatetime
    ) -> list[dict[str, Any]]:
        move = {
            "Key": import_key(data_import.version_key, data_import.import_id),
            "UpdateExpression": "SET #state = :to, changed_at = :at, finished_at = :at, reserved = :none"
            + (", failure = :failure" if failure else "")
            + " REMOVE gsi1pk, gsi1sk",
            "ConditionExpression": "#state = :from AND reserved = :reserved",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {
                ":to": state.value,
                ":from": data_import.state.value,
                ":at": at.isoformat(),
                ":none": 0,
                ":reserved": data_import.reserved,
                **({":failure": failure.model_dump(mode="json")} if failure else {}),
            },
        }
        actions = [{"Update": move}]
        if data_import.state in (ImportState.PLANNING, ImportState.IMPORTING):
            actions.append({"Update": self._free_version(data_import, state, failure)})
        if data_import.reserved:
            actions += [
                {"Update": volume_added(data_import, key, -data_import.reserved)}
                for key in volume_keys(data_import)
            ]
        return actions

    def _free_version(
        self, data_import: DataImport, state: ImportState, failure: ImportFailure | None
    ) -> dict[str, Any]:
        version = self._table.get_item(Key=version_item_key(data_import.version_key), ConsistentRead=True)[
            "Item"
        ]
        deleting = version["state"] == VersionState.DELETING
        after = VersionState.DELETING if deleting else _version_state(state, int(version["sample_count"]))
        reason = ", failure_reason = :reason, failure_message = :message" if failure and not deleting else ""
        return {
            "Key": version_item_key(data_import.version_key),
            "UpdateExpression": f"SET #state = :after, label_count = :labels{reason} REMOVE active_import_id",
            "ConditionExpression": "active_import_id = :id AND #state = :before",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {
                ":after": after.value,
                ":before": version["state"],
                # Nobody else makes labels while an import holds the version.
                ":labels": count_below(self._table, version_pk(data_import.version_key), "label#"),
                ":id": data_import.import_id,
                **(
                    {":reason": failure.reason.value, ":message": failure.message}
                    if failure and reason
                    else {}
                ),
            },
        }

    def remove(self, data_import: DataImport) -> None:
        batches = TableBatches(self._table)
        below_import = query_all(
            self._table, Key("pk").eq(import_pk(data_import.import_id)), ProjectionExpression="pk, sk"
        )
        batches.delete([{"pk": item["pk"], "sk": item["sk"]} for item in below_import])
        gone = {
            "Key": import_key(data_import.version_key, data_import.import_id),
            "ConditionExpression": "attribute_exists(pk)",
        }
        held = data_import.accepted - data_import.removed
        volumes = [volume_added(data_import, key, -held) for key in volume_keys(data_import)]
        try:
            transact(self._table, [{"Delete": gone}, *({"Update": volume} for volume in volumes)])
        except ClientError as error:
            if not any(failed_conditions(error) or ()):
                raise

    def remove_rest(self, key: VersionKey) -> None:
        rest = query_all(self._table, Key("pk").eq(version_pk(key)), ProjectionExpression="pk, sk")
        TableBatches(self._table).delete([{"pk": item["pk"], "sk": item["sk"]} for item in rest])

    def _item(self, data_import: DataImport) -> dict[str, Any]:
        key = import_key(data_import.version_key, data_import.import_id)
        return import_item(data_import, **key, gsi1pk=OPEN_IMPORTS, gsi1sk=data_import.changed_at.isoformat())

    def _move(
        self, data_import: DataImport, before: ImportState, after: ImportState, **values: int
    ) -> dict[str, Any]:
        at = self._now().isoformat()
        assignments = "".join(f", {name} = :{name}" for name in values)
        return {
            "Key": import_key(data_import.version_key, data_import.import_id),
            "UpdateExpression": f"SET #state = :after, changed_at = :at, gsi1sk = :at{assignments}",
            "ConditionExpression": "#state = :before",
            "ExpressionAttributeNames": _STATE,
            "ExpressionAttributeValues": {
                ":after": after.value,
                ":before": before.value,
                ":at": at,
                **{f":{name}": value for name, value in values.items()},
            },
        }


def _version_state(ended: ImportState, sample_count: int) -> VersionState:
    if ended is ImportState.FAILED:
        return VersionState.IMPORT_FAILED
    if ended is ImportState.FINISHED or sample_count:
        return VersionState.IMPORT_FINISHED
    return VersionState.EMPTY
