"""DynamoDB adapters of `ProjectRepository` and `GrantRepository`.

Items (table of the context, keys `pk`, `sk`, index `gsi1`):
    account#{account_id} / project#{region}#{project_id}       a project   list: projects of an account
    grants#{scope.key}   / user#{user_id}                      a grant     list: members of a project
        gsi1: user#{user_id} / project#{region}#{project_id}               list: projects of a user
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key

from openbml.core.items import from_item, to_item
from openbml.core.scope import ProjectScope
from openbml.identity.projects import Grant, Project, ProjectNotFoundError


class DynamoProjectRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def find(self, scope: ProjectScope) -> Project | None:
        item = self._table.get_item(Key=_project_key(scope), ConsistentRead=True).get("Item")
        return from_item(Project, item) if item else None

    def find_all(self, scopes: Sequence[ProjectScope]) -> Sequence[Project]:
        wanted = list(dict.fromkeys(scopes))
        found: dict[ProjectScope, Project] = {}
        keys = [_project_key(scope) for scope in wanted]
        while keys:
            reply = self._table.meta.client.batch_get_item(RequestItems={self._table.name: {"Keys": keys}})
            for item in reply["Responses"].get(self._table.name, []):
                project = from_item(Project, item)
                found[project.scope] = project
            keys = reply.get("UnprocessedKeys", {}).get(self._table.name, {}).get("Keys", [])
        return [found[scope] for scope in wanted if scope in found]

    def list(
        self, account_id: int, region: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Project], dict[str, Any] | None]:
        owned = Key("pk").eq(f"account#{account_id}") & Key("sk").begins_with(f"project#{region}#")
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(KeyConditionExpression=owned, Limit=limit, **start)
        return [from_item(Project, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def add(self, project: Project) -> None:
        self._table.put_item(Item=project_item(project), ConditionExpression="attribute_not_exists(pk)")

    def change(self, scope: ProjectScope, *, name: str | None, description: str | None) -> Project:
        changes = {"name": name, "description": description}
        given = {field: value for field, value in changes.items() if value is not None}
        if not given:
            return self._existing(scope)
        try:
            reply = self._table.update_item(
                Key=_project_key(scope),
                UpdateExpression="SET " + ", ".join(f"#{field} = :{field}" for field in given),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={f"#{field}": field for field in given},
                ExpressionAttributeValues={f":{field}": value for field, value in given.items()},
                ReturnValues="ALL_NEW",
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise ProjectNotFoundError(project_id=scope.project_id) from error
        return from_item(Project, reply["Attributes"])

    def _existing(self, scope: ProjectScope) -> Project:
        project = self.find(scope)
        if project is None:
            raise ProjectNotFoundError(project_id=scope.project_id)
        return project


class DynamoGrantRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def find(self, scope: ProjectScope, user_id: int) -> Grant | None:
        item = self._table.get_item(Key=_grant_key(scope, user_id), ConsistentRead=True).get("Item")
        return from_item(Grant, item) if item else None

    def add_role(self, scope: ProjectScope, *, user_id: int, email: str, role: str) -> Grant:
        """Roles are a string set: adding is atomic, so that two grants at once both stay."""
        reply = self._table.update_item(
            Key=_grant_key(scope, user_id),
            UpdateExpression=(
                "SET #scope = :scope, user_id = :user, email = :email, gsi1pk = :pk, gsi1sk = :sk "
                "ADD #roles :role"
            ),
            ExpressionAttributeNames={"#scope": "scope", "#roles": "roles"},
            ExpressionAttributeValues={
                ":scope": scope.model_dump(),
                ":user": user_id,
                ":email": email,
                ":role": {role},
                ":pk": f"user#{user_id}",
                ":sk": f"project#{scope.region}#{scope.project_id:016d}",
            },
            ReturnValues="ALL_NEW",
        )
        return from_item(Grant, reply["Attributes"])

    def remove(self, scope: ProjectScope, user_id: int) -> None:
        self._table.delete_item(Key=_grant_key(scope, user_id))

    def list_of_project(
        self, scope: ProjectScope, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Grant], dict[str, Any] | None]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"grants#{scope.key}"), Limit=limit, **start
        )
        return [from_item(Grant, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def list_of_user(
        self, user_id: int, region: str, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[Grant], dict[str, Any] | None]:
        granted = Key("gsi1pk").eq(f"user#{user_id}") & Key("gsi1sk").begins_with(f"project#{region}#")
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(IndexName="gsi1", KeyConditionExpression=granted, Limit=limit, **start)
        return [from_item(Grant, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")


def project_item(project: Project) -> dict[str, Any]:
    return to_item(project, **_project_key(project.scope))


def _project_key(scope: ProjectScope) -> dict[str, str]:
    return {"pk": f"account#{scope.account_id}", "sk": f"project#{scope.region}#{scope.project_id:016d}"}


def _grant_key(scope: ProjectScope, user_id: int) -> dict[str, str]:
    return {"pk": f"grants#{scope.key}", "sk": f"user#{user_id:016d}"}
