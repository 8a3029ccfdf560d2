"""DynamoDB adapter of `ReportRepository`; keys in `tables_dynamodb`."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase, Key
from pydantic import TypeAdapter

from openbml.datasets.datasets import Position
from openbml.datasets.importing.data_imports import DataImport
from openbml.datasets.importing.reports import report_key
from openbml.datasets.limits import INLINE_PART_BYTES
from openbml.datasets.stored_objects import ObjectStore
from openbml.datasets.tables_dynamodb import TableBatches, below, import_pk, query_all
from openbml_formats.records import Problem, Severity

_PROBLEMS = TypeAdapter(list[Problem])


class DynamoReportRepository:
    """Keeps problems compressed, some hundred an item; parts too large for that lie among the objects."""

    def __init__(self, table: Any, objects: ObjectStore) -> None:
        self._table = table
        self._objects = objects

    def add(self, data_import: DataImport, shard: int, place: int, problems: Sequence[Problem]) -> None:
        packed = zlib.compress(_PROBLEMS.dump_json(list(problems), exclude_defaults=True), level=6)
        item: dict[str, Any] = {
            "pk": import_pk(data_import.import_id),
            "sk": f"problems#{shard + 1:06}#{place:06}",
        }
        if len(packed) <= INLINE_PART_BYTES:
            item["problems"] = packed
        else:
            item["object"] = (
                f"{data_import.scope.prefix}reports/{data_import.import_id}/{shard + 1:06}-{place:06}"
            )
            self._objects.put(item["object"], packed, content_type="application/octet-stream")
        self._table.put_item(Item=item)

    def page(
        self, data_import: DataImport, *, severity: Severity | None, limit: int, position: Position | None
    ) -> tuple[Sequence[Problem], Position | None]:
        pk = import_pk(data_import.import_id)
        skip = int(position["skip"]) if position else 0
        condition = (
            Key("pk").eq(pk) & Key("sk").between(position["sk"], "problems#~")
            if position
            else below(pk, "problems#")
        )
        found: list[Problem] = []
        for sk, problems in self._read(condition):
            for place, problem in enumerate(problems[skip:], start=skip):
                if severity is not None and problem.severity is not severity:
                    continue
                if len(found) == limit:
                    return found, {"sk": sk, "skip": place}
                found.append(problem)
            skip = 0
        return found, None

    def parts(self, data_import: DataImport) -> Iterator[Sequence[Problem]]:
        for _, problems in self._read(below(import_pk(data_import.import_id), "problems#")):
            yield problems

    def remove(self, data_import: DataImport) -> None:
        keys = []
        for item in query_all(self._table, below(import_pk(data_import.import_id), "problems#")):
            keys.append({"pk": item["pk"], "sk": item["sk"]})
            if "object" in item:
                self._objects.delete(item["object"])
        self._objects.delete(report_key(data_import))
        TableBatches(self._table).delete(keys)

    def _read(self, condition: ConditionBase) -> Iterator[tuple[str, Sequence[Problem]]]:
        for item in query_all(self._table, condition, ConsistentRead=True):
            packed = self._objects.read(item["object"]) if "object" in item else bytes(item["problems"])
            yield item["sk"], _PROBLEMS.validate_json(zlib.decompress(packed))
