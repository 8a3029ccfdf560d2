"""The Search operation, for training jobs."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.core import Core
from sagemaker_local.protocol.arns import TRAINING_JOB, Scope
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.protocol.tagging import as_list
from sagemaker_local.state import cursors, resources, tags
from sagemaker_local.training.jobs import TrainingJob, from_record
from sagemaker_local.training.search_rules import matches, values_at
from sagemaker_local.training.views import described
from sagemaker_local.training.warm_pools import pool_of


class TrainingSearch:
    def __init__(self, core: Core) -> None:
        self._database = core.database
        self._listings = core.listings
        self._members = set(core.models.control.shape_for("TrainingJob").members)

    async def search(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        if request["Resource"] != "TrainingJob":
            raise ValidationException(
                f"Search of {request['Resource']} is not supported by sagemaker-local; it finds TrainingJob."
            )
        place = self._listings.place(request, "Search")
        found = await self._database.read(lambda connection: self._found(connection, scope, request))
        page = self._listings.page(place, found, member="Results", summary=self._result)
        return page | {"TotalHits": {"Value": len(found), "Relation": "EqualTo"}}

    def _found(
        self, connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        expression, prefix = request.get("SearchExpression", {}), scope.prefix(TRAINING_JOB)
        documents = [
            _document(connection, from_record(record))
            for record in resources.all_of(connection, TRAINING_JOB)
            if record.arn.startswith(prefix)
        ]
        chosen = [one for one in documents if matches(expression, one)]
        name = request.get("SortBy", "LastModifiedTime")
        descending = request.get("SortOrder", "Descending") == "Descending"
        return sorted(chosen, key=lambda one: _sort_key(one, name), reverse=descending)

    def _result(self, document: Mapping[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in document.items() if name in self._members}
        return {"TrainingJob": shown | {"Tags": as_list(document["Tags"])}}


def _document(connection: sqlite3.Connection, job: TrainingJob) -> dict[str, Any]:
    """A job as filters see it: metrics and tags by their names."""
    metrics, pool = cursors.metrics_of(connection, job.arn), pool_of(connection, job.arn)
    found = described(job, metrics, pool.described(time.time()) if pool is not None else None)
    return found | {
        "Tags": tags.of(connection, job.arn),
        "Metrics": {one.name: one.value for one in metrics},
    }


def _sort_key(document: Mapping[str, Any], name: str) -> tuple[bool, float, str]:
    """Jobs without the value come first when ascending."""
    value = next(values_at(dict(document), name), None)
    if value is None:
        return (False, 0.0, "")
    is_number = isinstance(value, int | float)
    return (True, float(value) if is_number else 0.0, "" if is_number else str(value))
