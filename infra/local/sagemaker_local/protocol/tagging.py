"""AddTags, ListTags, DeleteTags, and the tags of create calls."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.arns import Scope, parse_arn
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceLimitExceeded, ValidationException
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database


def tags_of_request(request: Mapping[str, Any]) -> dict[str, str]:
    listed = request.get("Tags") or []
    found = {tag["Key"]: tag["Value"] for tag in listed}
    if len(found) != len(listed):
        raise ValidationException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    return found


def as_list(found: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in found.items()]


class TagOperations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def handlers(self) -> dict[str, Handler]:
        return {"AddTags": self.add_tags, "ListTags": self.list_tags, "DeleteTags": self.delete_tags}

    async def add_tags(self, _: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn, added = request["ResourceArn"], tags_of_request(request)

        def work(connection: sqlite3.Connection) -> dict[str, str]:
            _require(connection, arn)
            tags.put(connection, arn, added)
            found = tags.of(connection, arn)
            if len(found) > tags.MAX_TAGS:
                raise ResourceLimitExceeded(f"A resource can have at most {tags.MAX_TAGS} tags.")
            return found

        return {"Tags": as_list(await self._database.run(work))}

    async def list_tags(self, _: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = request["ResourceArn"]

        def work(connection: sqlite3.Connection) -> dict[str, str]:
            _require(connection, arn)
            return tags.of(connection, arn)

        return {"Tags": as_list(await self._database.read(work))}

    async def delete_tags(self, _: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        arn = request["ResourceArn"]

        def work(connection: sqlite3.Connection) -> None:
            _require(connection, arn)
            tags.remove(connection, arn, request["TagKeys"])

        await self._database.run(work)
        return {}


def _require(connection: sqlite3.Connection, arn: str) -> None:
    parse_arn(arn)
    if resources.get(connection, arn) is None:
        raise ValidationException(f"Could not find resource with ARN {arn}.")
