"""Resources of Studio that are what their requests said: domains, profiles, spaces, images."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from sagemaker_local.protocol.control import epoch
from sagemaker_local.protocol.errors import ApiError, ResourceNotFound
from sagemaker_local.state import resources
from sagemaker_local.state.resources import Record


class Declared(BaseModel):
    """``key`` tells a resource from a later one of the same name; sessions and home folders carry it."""

    model_config = ConfigDict(frozen=True)

    arn: str
    kind: str
    name: str
    key: str
    domain_id: str = ""
    status: str
    created_at: float
    modified_at: float
    request: dict[str, Any]
    failure_reason: str | None = None

    def record(self) -> Record:
        return Record(
            self.arn,
            self.kind,
            self.name,
            self.status,
            self.created_at,
            self.modified_at,
            self.model_dump_json(),
        )

    def with_status(self, status: str, at: float, failure_reason: str | None = None) -> "Declared":
        return self.model_copy(update={"status": status, "modified_at": at, "failure_reason": failure_reason})

    def merged_with(self, changes: Mapping[str, Any], at: float) -> "Declared":
        """Members that are given replace the old ones; structures are merged, lists are not."""
        return self.model_copy(update={"request": deep_merge(self.request, changes), "modified_at": at})

    def with_members(self, changes: Mapping[str, Any], at: float) -> "Declared":
        """Members that are given replace the old ones as a whole."""
        return self.model_copy(update={"request": {**self.request, **changes}, "modified_at": at})

    def times(self) -> dict[str, float]:
        return {"CreationTime": epoch(self.created_at), "LastModifiedTime": epoch(self.modified_at)}

    def reason(self) -> dict[str, str]:
        return {"FailureReason": self.failure_reason} if self.failure_reason else {}


def deep_merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        both_structures = isinstance(value, Mapping) and isinstance(before, Mapping)
        merged[name] = deep_merge(before, value) if both_structures else value  # type: ignore[arg-type]
    return merged


def from_record(record: Record) -> Declared:
    return Declared.model_validate_json(record.doc)


def load(connection: sqlite3.Connection, arn: str) -> Declared | None:
    record = resources.get(connection, arn)
    return from_record(record) if record else None


def find(
    connection: sqlite3.Connection,
    arn: str,
    words: str,
    error: Callable[[str], ApiError] = ResourceNotFound,
) -> Declared:
    found = load(connection, arn)
    if found is None:
        raise error(f"{words} does not exist.")
    return found


def all_below(connection: sqlite3.Connection, kind: str, arn_prefix: str) -> list[Declared]:
    records = resources.all_of(connection, kind)
    return [from_record(record) for record in records if record.arn.startswith(arn_prefix)]
