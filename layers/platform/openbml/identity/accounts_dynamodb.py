"""DynamoDB adapter of `AccountRepository`.

Items (table of the context, keys `pk`, `sk`):
    account#{account_id} / account                 the account
    account#{account_id} / user#{user_id}          a user          list: users of an account, by age
    account#{account_id} / email#{email}           the same user   get: grant by e-mail
    subject#{subject}    / user                    the same user   get: who signed in (unique by condition)
"""

from collections.abc import Sequence
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from openbml.core.items import from_item, to_item
from openbml.identity.accounts import Account, User, UserKnownError, UserNotFoundError
from openbml.identity.projects import Project
from openbml.identity.projects_dynamodb import project_item

_NEW = "attribute_not_exists(pk)"


class DynamoAccountRepository:
    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, account_id: int) -> Account:
        item = self._item(_account_key(account_id))
        if item is None:
            raise UserNotFoundError(user_id=account_id)
        return from_item(Account, item)

    def set_paid_billing(self, account_id: int, *, paid_billing: bool) -> Account:
        reply = self._table.update_item(
            Key=_account_key(account_id),
            UpdateExpression="SET paid_billing = :paid",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues={":paid": paid_billing},
            ReturnValues="ALL_NEW",
        )
        return from_item(Account, reply["Attributes"])

    def find_user(self, subject: str) -> User | None:
        item = self._item(_subject_key(subject))
        return from_item(User, item) if item else None

    def find_user_by_email(self, account_id: int, email: str) -> User | None:
        item = self._item({"pk": f"account#{account_id}", "sk": f"email#{email}"})
        return from_item(User, item) if item else None

    def list_users(
        self, account_id: int, *, limit: int, position: dict[str, Any] | None
    ) -> tuple[Sequence[User], dict[str, Any] | None]:
        start = {"ExclusiveStartKey": position} if position else {}
        reply = self._table.query(
            KeyConditionExpression=Key("pk").eq(f"account#{account_id}") & Key("sk").begins_with("user#"),
            Limit=limit,
            **start,
        )
        return [from_item(User, item) for item in reply["Items"]], reply.get("LastEvaluatedKey")

    def add_account(self, account: Account, owner: User, first_project: Project) -> None:
        account_item = to_item(account, **_account_key(account.account_id))
        self._put_all([*_user_items(owner), account_item, project_item(first_project)])

    def add_user(self, user: User) -> None:
        self._put_all(_user_items(user))

    def _item(self, key: dict[str, str]) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return found

    def _put_all(self, items: Sequence[dict[str, Any]]) -> None:
        puts = [
            {"Put": {"TableName": self._table.name, "Item": item, "ConditionExpression": _NEW}}
            for item in items
        ]
        try:
            self._table.meta.client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if _lost_race(error):
                raise UserKnownError from error
            raise


def _lost_race(error: ClientError) -> bool:
    """A condition failed, or another transaction on the same items was under way."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return False
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") in ("ConditionalCheckFailed", "TransactionConflict") for reason in reasons)


def _account_key(account_id: int) -> dict[str, str]:
    return {"pk": f"account#{account_id}", "sk": "account"}


def _subject_key(subject: str) -> dict[str, str]:
    return {"pk": f"subject#{subject}", "sk": "user"}


def _user_items(user: User) -> list[dict[str, Any]]:
    account = f"account#{user.account_id}"
    return [
        to_item(user, **_subject_key(user.subject)),
        to_item(user, pk=account, sk=f"user#{user.user_id:016d}"),
        to_item(user, pk=account, sk=f"email#{user.email}"),
    ]
