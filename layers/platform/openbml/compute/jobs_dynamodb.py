"""DynamoDB adapter of `JobRepository`.

Key `job#{job_id}` / `job`. Index `gsi1` is sparse: `open-jobs` by id, only while the job is not final, so
that reconciling reads the open jobs and nothing else.
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from openbml.compute.jobs import Job, JobConflictError, JobNotFoundError
from openbml.core.items import from_item, to_item

_OPEN = "open-jobs"


class DynamoJobRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, job_id: str) -> Job:
        item = self._table.get_item(Key=_key(job_id), ConsistentRead=True).get("Item")
        if item is None:
            raise JobNotFoundError(job_id=job_id)
        return from_item(Job, item)

    def add(self, job: Job) -> None:
        self._put(job, Attr("pk").not_exists())

    def save(self, job: Job) -> None:
        self._put(job, Attr("version").eq(job.version - 1))

    def open_jobs(self) -> Sequence[Job]:
        return [from_item(Job, item) for item in open_items(self._table, _OPEN)]

    def _put(self, job: Job, condition: Any) -> None:
        index = {} if job.state.is_final else {"gsi1pk": _OPEN, "gsi1sk": job.job_id}
        item = to_item(job, **_key(job.job_id), **index)
        try:
            self._table.put_item(Item=item, ConditionExpression=condition)
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise JobConflictError(job_id=job.job_id) from error


def open_items(table: Any, partition: str) -> list[dict[str, Any]]:
    """Return all items of a partition of the sparse index."""
    query = {"IndexName": "gsi1", "KeyConditionExpression": Key("gsi1pk").eq(partition)}
    items: list[dict[str, Any]] = []
    while True:
        page = table.query(**query)
        items.extend(page["Items"])
        if "LastEvaluatedKey" not in page:
            return items
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _key(job_id: str) -> dict[str, str]:
    return {"pk": f"job#{job_id}", "sk": "job"}
