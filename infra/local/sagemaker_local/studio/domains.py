"""The API operations on domains and user profiles."""

import secrets
import sqlite3
import string
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.arns import DOMAIN, SPACE, USER_PROFILE, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ValidationException
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.studio.app_settings import storage_problem
from sagemaker_local.studio.declared import Declared, all_below, find
from sagemaker_local.studio.listing import Lists

_ID_LETTERS = string.ascii_lowercase + string.digits
_DEFAULTS = {"AppNetworkAccessType": "PublicInternetOnly", "TagPropagation": "DISABLED"}


def find_domain(connection: sqlite3.Connection, scope: Scope, domain_id: str, **how: Any) -> Declared:
    return find(connection, scope.arn(DOMAIN, domain_id), f"Domain [{domain_id}]", **how)


def find_profile(
    connection: sqlite3.Connection, scope: Scope, domain_id: str, name: str, **how: Any
) -> Declared:
    find_domain(connection, scope, domain_id, **how)
    return find(connection, scope.arn(USER_PROFILE, f"{domain_id}/{name}"), f"UserProfile [{name}]", **how)


def without(request: Mapping[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in members}


class DomainOperations:
    def __init__(self, database: Database, lists: Lists, engine_url: str) -> None:
        self._database = database
        self._lists = lists
        self._engine_url = engine_url

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateDomain": self.create,
            "DescribeDomain": self.describe,
            "ListDomains": self.list,
            "UpdateDomain": self.update,
            "DeleteDomain": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id = "d-" + "".join(secrets.choice(_ID_LETTERS) for _ in range(12))
        arn, name, now = scope.arn(DOMAIN, domain_id), request["DomainName"], time.time()
        wanted_tags = tags_of_request(request)
        _check_settings(request)
        domain = Declared(
            arn=arn,
            kind=DOMAIN,
            name=name,
            key=domain_id,
            domain_id=domain_id,
            status="InService",
            created_at=now,
            modified_at=now,
            request=_DEFAULTS | without(request, "Tags"),
        )

        def work(connection: sqlite3.Connection) -> None:
            others = all_below(connection, DOMAIN, scope.prefix(DOMAIN))
            if any(one.name == name for one in others):
                raise ResourceInUse(f"Domain with name [{name}] already exists.")
            resources.insert(connection, domain.record())
            tags.put(connection, arn, wanted_tags)

        await self._database.run(work)
        return {"DomainArn": arn, "DomainId": domain_id, "Url": self._url(domain_id)}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain = await self._database.read(lambda c: find_domain(c, scope, request["DomainId"]))
        return {**domain.request, **self._summary(domain), **domain.reason()}

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._lists.page(
            scope, request, operation="ListDomains", kind=DOMAIN, member="Domains", summary=self._summary
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        _check_settings(request)
        changes = without(request, "DomainId", "DomainSettingsForUpdate")
        if "DomainSettingsForUpdate" in request:
            changes["DomainSettings"] = _for_describe(request["DomainSettingsForUpdate"])

        def work(connection: sqlite3.Connection) -> str:
            domain = find_domain(connection, scope, request["DomainId"]).merged_with(changes, time.time())
            resources.update(connection, domain.record())
            return domain.arn

        return {"DomainArn": await self._database.run(work)}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        domain_id = request["DomainId"]

        def work(connection: sqlite3.Connection) -> None:
            domain = find_domain(connection, scope, domain_id)
            for kind, words in ((SPACE, "spaces"), (USER_PROFILE, "user profiles")):
                if children := all_below(connection, kind, scope.arn(kind, f"{domain_id}/")):
                    names = ", ".join(child.name for child in children[:5])
                    raise ResourceInUse(
                        f"Domain [{domain_id}] cannot be deleted because it has {len(children)} {words} "
                        f"({names}). Delete them first."
                    )
            resources.delete(connection, domain.arn)

        await self._database.run(work)

    def _summary(self, domain: Declared) -> dict[str, Any]:
        return {
            "DomainArn": domain.arn,
            "DomainId": domain.domain_id,
            "DomainName": domain.name,
            "Status": domain.status,
            "Url": self._url(domain.domain_id),
            **domain.times(),
        }

    def _url(self, domain_id: str) -> str:
        return f"{self._engine_url}/studio/{domain_id}"


class UserProfileOperations:
    def __init__(self, database: Database, lists: Lists) -> None:
        self._database = database
        self._lists = lists

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateUserProfile": self.create,
            "DescribeUserProfile": self.describe,
            "ListUserProfiles": self.list,
            "UpdateUserProfile": self.update,
            "DeleteUserProfile": self.delete,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id, name, now = request["DomainId"], request["UserProfileName"], time.time()
        arn = scope.arn(USER_PROFILE, f"{domain_id}/{name}")
        wanted_tags = tags_of_request(request)
        _check_settings(request)
        profile = Declared(
            arn=arn,
            kind=USER_PROFILE,
            name=name,
            key=secrets.token_hex(8),
            domain_id=domain_id,
            status="InService",
            created_at=now,
            modified_at=now,
            request=without(request, "Tags"),
        )

        def work(connection: sqlite3.Connection) -> None:
            domain = find_domain(connection, scope, domain_id, error=ValidationException)
            if domain.request["AuthMode"] == "IAM" and "SingleSignOnUserValue" in request:
                raise ValidationException("SingleSignOnUserValue is for domains with AuthMode SSO only.")
            if not resources.insert(connection, profile.record()):
                raise ResourceInUse(f"UserProfile [{name}] already exists in domain [{domain_id}].")
            tags.put(connection, arn, wanted_tags)

        await self._database.run(work)
        return {"UserProfileArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        profile = await self._find(scope, request)
        return {
            **profile.request,
            "UserProfileArn": profile.arn,
            "Status": profile.status,
            **profile.times(),
            **profile.reason(),
        }

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id = request.get("DomainIdEquals")

        def summary(profile: Declared) -> dict[str, Any]:
            return {
                "DomainId": profile.domain_id,
                "UserProfileName": profile.name,
                "Status": profile.status,
                **profile.times(),
            }

        return await self._lists.page(
            scope,
            request,
            operation="ListUserProfiles",
            kind=USER_PROFILE,
            member="UserProfiles",
            summary=summary,
            below=f"{domain_id}/" if domain_id else "",
            default_order="Ascending",
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        _check_settings(request)

        def work(connection: sqlite3.Connection) -> str:
            profile = find_profile(connection, scope, request["DomainId"], request["UserProfileName"])
            changes = without(request, "DomainId", "UserProfileName")
            resources.update(connection, profile.merged_with(changes, time.time()).record())
            return profile.arn

        return {"UserProfileArn": await self._database.run(work)}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> None:
        domain_id, name = request["DomainId"], request["UserProfileName"]

        def work(connection: sqlite3.Connection) -> None:
            profile = find_profile(connection, scope, domain_id, name)
            spaces = all_below(connection, SPACE, scope.arn(SPACE, f"{domain_id}/"))
            owned = [one.name for one in spaces if owner_of(one).lower() == name.lower()]
            if owned:
                raise ResourceInUse(
                    f"UserProfile [{name}] cannot be deleted because it owns the spaces "
                    f"{', '.join(owned[:5])}. Delete them first."
                )
            resources.delete(connection, profile.arn)

        await self._database.run(work)

    async def _find(self, scope: Scope, request: Mapping[str, Any]) -> Declared:
        return await self._database.read(
            lambda c: find_profile(c, scope, request["DomainId"], request["UserProfileName"])
        )


def owner_of(space: Declared) -> str:
    return str(space.request.get("OwnershipSettings", {}).get("OwnerUserProfileName", ""))


def _check_settings(request: Mapping[str, Any]) -> None:
    for member in ("DefaultUserSettings", "DefaultSpaceSettings", "UserSettings"):
        problem = storage_problem(request.get(member, {}))
        if problem:
            raise ValidationException(f"{member}: {problem}")


def _for_describe(settings: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"RStudioServerProDomainSettingsForUpdate": "RStudioServerProDomainSettings"}
    return {renamed.get(name, name): value for name, value in settings.items()}
