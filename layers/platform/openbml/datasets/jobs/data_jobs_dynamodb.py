"""DynamoDB adapter of `DataJobRepository`; keys in `tables_dynamodb`."""

import json
from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.datasets.datasets import Position, VersionKey
from openbml.datasets.jobs.data_jobs import (
    DataJob,
    DataJobConflictError,
    DataJobNotFoundError,
    DataJobState,
    WorkProgress,
)
from openbml.datasets.tables_dynamodb import (
    OPEN_DATA_JOBS,
    TableBatches,
    below,
    data_job_key,
    data_job_place_key,
    failed_conditions,
    query_all,
    query_page,
    transact,
    version_pk,
)
from openbml_formats.data_jobs import DataJobKind

_PREFIX = "datajob#"


class DynamoDataJobRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def add(self, job: DataJob) -> bool:
        key = data_job_key(job.version_key, job.job_id)
        place = {**data_job_place_key(job.job_id), "at_pk": key["pk"], "at_sk": key["sk"]}
        fresh = {"ConditionExpression": "attribute_not_exists(pk)"}
        try:
            transact(
                self._table,
                [{"Put": {"Item": place, **fresh}}, {"Put": {"Item": _item(job), **fresh}}],
            )
        except ClientError as error:
            if failed_conditions(error) is None:
                raise
            return False
        return True

    def get(self, key: VersionKey, job_id: int) -> DataJob:
        item = self._read(data_job_key(key, job_id))
        if item is None:
            raise DataJobNotFoundError(job_id=job_id)
        return _job_of(item)

    def find(self, job_id: int) -> DataJob | None:
        place = self._read(data_job_place_key(job_id))
        item = self._read({"pk": place["at_pk"], "sk": place["at_sk"]}) if place else None
        return _job_of(item) if item else None

    def save(self, job: DataJob) -> None:
        expected = Attr("version").eq(job.version - 1)
        try:
            self._table.put_item(Item=_item(job), ConditionExpression=expected)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise DataJobConflictError(job_id=job.job_id) from error

    def record_progress(self, job: DataJob, progress: WorkProgress) -> bool:
        final = [state.value for state in DataJobState if state.is_final]
        names = {f":final{number}": value for number, value in enumerate(final)}
        try:
            self._table.update_item(
                Key=data_job_key(job.version_key, job.job_id),
                UpdateExpression="SET progress_done = :done, progress_total = :total",
                ConditionExpression=f"progress_done < :done AND NOT #state IN ({', '.join(names)})",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":done": progress.done, ":total": progress.total, **names},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def page(
        self, key: VersionKey, kind: DataJobKind | None, *, limit: int, position: Position | None
    ) -> tuple[Sequence[DataJob], Position | None]:
        options = {"FilterExpression": Attr("kind").eq(kind.value)} if kind else {}
        found: list[DataJob] = []
        while True:
            items, position = query_page(
                self._table,
                below(version_pk(key), _PREFIX),
                limit=limit - len(found),
                position=position,
                ScanIndexForward=False,
                ConsistentRead=True,
                **options,
            )
            found += [_job_of(item) for item in items]
            if position is None or len(found) >= limit:
                return found, position

    def open_of(self, key: VersionKey) -> Sequence[DataJob]:
        items = query_all(
            self._table,
            below(version_pk(key), _PREFIX),
            FilterExpression=Attr("gsi1pk").exists(),
            ConsistentRead=True,
        )
        return [_job_of(item) for item in items]

    def open_jobs(self) -> Sequence[DataJob]:
        condition = Key("gsi1pk").eq(OPEN_DATA_JOBS)
        return [_job_of(item) for item in query_all(self._table, condition, IndexName="gsi1")]

    def remove_all(self, key: VersionKey) -> None:
        items = list(query_all(self._table, below(version_pk(key), _PREFIX), ConsistentRead=True))
        batches = TableBatches(self._table)
        batches.delete([data_job_place_key(int(item["job_id"])) for item in items])
        batches.delete([{"pk": item["pk"], "sk": item["sk"]} for item in items])

    def _read(self, key: dict[str, str]) -> dict[str, Any] | None:
        item: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return item


def _item(job: DataJob) -> dict[str, Any]:
    """Settings and result stay JSON: items know no fractions and no nulls."""
    index = {} if job.state.is_final else {"gsi1pk": OPEN_DATA_JOBS, "gsi1sk": f"{job.job_id:016}"}
    documents = {"settings_json": json.dumps(job.settings), "result_json": json.dumps(job.result)}
    bare = job.model_copy(update={"settings": {}, "result": None})
    return to_item(bare, **data_job_key(job.version_key, job.job_id), **index, **documents)


def _job_of(item: dict[str, Any]) -> DataJob:
    documents = {"settings": json.loads(item["settings_json"]), "result": json.loads(item["result_json"])}
    return from_item(DataJob, item).model_copy(update=documents)
