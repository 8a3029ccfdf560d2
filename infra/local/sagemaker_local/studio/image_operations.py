"""The API operations on images, their versions, and app image configurations."""

import re
import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.arns import APP, IMAGE, IMAGE_VERSION, Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ResourceInUse, ResourceNotFound, ValidationException
from sagemaker_local.protocol.tagging import tags_of_request
from sagemaker_local.state import resources, tags
from sagemaker_local.state.database import Database
from sagemaker_local.studio import apps
from sagemaker_local.studio.declared import Declared, all_below, find
from sagemaker_local.studio.domains import without
from sagemaker_local.studio.listing import Lists

_COUNTER = "LastVersion"  # kept beside the request: numbers of deleted versions are not given again


def find_image(connection: sqlite3.Connection, scope: Scope, name: str) -> Declared:
    return find(connection, scope.arn(IMAGE, name), f"Image [{name}]")


def versions_of(connection: sqlite3.Connection, scope: Scope, image_name: str) -> list[Declared]:
    """Oldest first."""
    return all_below(connection, IMAGE_VERSION, scope.arn(IMAGE_VERSION, f"{image_name}/"))


def number_of(version: Declared) -> int:
    return int(version.arn.rsplit("/", 1)[1])


def find_version(
    connection: sqlite3.Connection,
    scope: Scope,
    image_name: str,
    *,
    number: int | None = None,
    alias: str | None = None,
) -> Declared:
    """The latest version when neither number nor alias is given."""
    find_image(connection, scope, image_name)
    found = versions_of(connection, scope, image_name)
    if number is not None:
        found = [one for one in found if number_of(one) == number]
    if alias is not None:
        found = [one for one in found if alias in one.request.get("Aliases", [])]
    if not found:
        shown = f"version {number}" if number is not None else f"alias {alias}" if alias else "version"
        raise ResourceNotFound(f"ImageVersion [{shown}] of image [{image_name}] does not exist.")
    return found[-1]


class ImageOperations:
    def __init__(self, database: Database, lists: Lists) -> None:
        self._database = database
        self._lists = lists

    def handlers(self) -> dict[str, Handler]:
        return {
            "CreateImage": self.create,
            "DescribeImage": self.describe,
            "ListImages": self.list,
            "UpdateImage": self.update,
            "DeleteImage": self.delete,
            "CreateImageVersion": self.create_version,
            "DescribeImageVersion": self.describe_version,
            "ListImageVersions": self.list_versions,
            "UpdateImageVersion": self.update_version,
            "DeleteImageVersion": self.delete_version,
        }

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name, now = request["ImageName"], time.time()
        arn, wanted_tags = scope.arn(IMAGE, name), tags_of_request(request)
        image = Declared(
            arn=arn,
            kind=IMAGE,
            name=name,
            key=secrets.token_hex(8),
            status="CREATED",
            created_at=now,
            modified_at=now,
            request=without(request, "Tags") | {_COUNTER: 0},
        )

        def work(connection: sqlite3.Connection) -> None:
            if not resources.insert(connection, image.record()):
                raise ResourceInUse(f"Image [{name}] already exists.")
            tags.put(connection, arn, wanted_tags)

        await self._database.run(work)
        return {"ImageArn": arn}

    async def describe(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        image = await self._database.read(lambda c: find_image(c, scope, request["ImageName"]))
        return {**_image_summary(image), "RoleArn": image.request["RoleArn"]}

    async def list(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        return await self._lists.page(
            scope, request, operation="ListImages", kind=IMAGE, member="Images", summary=_image_summary
        )

    async def update(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        deleted = request.get("DeleteProperties", [])

        def work(connection: sqlite3.Connection) -> str:
            image = find_image(connection, scope, request["ImageName"])
            changed = image.with_members(without(request, "ImageName", "DeleteProperties"), time.time())
            changed = changed.model_copy(update={"request": without(changed.request, *deleted)})
            resources.update(connection, changed.record())
            return image.arn

        return {"ImageArn": await self._database.run(work)}

    async def delete(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        def work(connection: sqlite3.Connection) -> None:
            image = find_image(connection, scope, request["ImageName"])
            for version in versions_of(connection, scope, image.name):
                _refuse_if_used(connection, scope, version)
                resources.delete(connection, version.arn)
            resources.delete(connection, image.arn)

        await self._database.run(work)
        return {}

    async def create_version(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name, now = request["ImageName"], time.time()

        def work(connection: sqlite3.Connection) -> str:
            image = find_image(connection, scope, name)
            existing = versions_of(connection, scope, name)
            for one in existing:
                if one.request["ClientToken"] == request["ClientToken"]:
                    return one.arn  # the same call again
            _refuse_taken_aliases(existing, request.get("Aliases", []))
            number = image.request[_COUNTER] + 1
            version = Declared(
                arn=scope.arn(IMAGE_VERSION, f"{name}/{number}"),
                kind=IMAGE_VERSION,
                name=image.name,
                key=secrets.token_hex(8),
                status="CREATED",
                created_at=now,
                modified_at=now,
                request=dict(request),
            )
            resources.update(connection, image.with_members({_COUNTER: number}, now).record())
            resources.insert(connection, version.record())
            return version.arn

        return {"ImageVersionArn": await self._database.run(work)}

    async def describe_version(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        version = await self._database.read(lambda c: _asked_version(c, scope, request))
        shown = without(version.request, "ImageName", "ClientToken", "Aliases")
        # The image is used from where it is, so the one that runs is the one that was named.
        return {**shown, "ContainerImage": version.request["BaseImage"], **_version_summary(scope, version)}

    async def list_versions(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        name = request["ImageName"]
        await self._database.read(lambda c: find_image(c, scope, name))
        return await self._lists.page(
            scope,
            without(request, "ImageName"),
            operation=f"ListImageVersions {name}",
            kind=IMAGE_VERSION,
            member="ImageVersions",
            summary=lambda version: _version_summary(scope, version),
            below=f"{name}/",
        )

    async def update_version(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        added, removed = request.get("AliasesToAdd", []), request.get("AliasesToDelete", [])
        changes = without(request, "ImageName", "Alias", "Version", "AliasesToAdd", "AliasesToDelete")

        def work(connection: sqlite3.Connection) -> str:
            version = _asked_version(connection, scope, request)
            others = [one for one in versions_of(connection, scope, version.name) if one.arn != version.arn]
            _refuse_taken_aliases(others, added)
            kept = [one for one in version.request.get("Aliases", []) if one not in (*added, *removed)]
            changed = version.with_members({**changes, "Aliases": [*kept, *added]}, time.time())
            resources.update(connection, changed.record())
            return version.arn

        return {"ImageVersionArn": await self._database.run(work)}

    async def delete_version(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        if ("Version" in request) == ("Alias" in request):
            raise ValidationException("DeleteImageVersion needs either Version or Alias.")

        def work(connection: sqlite3.Connection) -> None:
            version = _asked_version(connection, scope, request)
            _refuse_if_used(connection, scope, version)
            resources.delete(connection, version.arn)

        await self._database.run(work)
        return {}


def _asked_version(connection: sqlite3.Connection, scope: Scope, request: Mapping[str, Any]) -> Declared:
    return find_version(
        connection, scope, request["ImageName"], number=request.get("Version"), alias=request.get("Alias")
    )


def _refuse_taken_aliases(others: list[Declared], wanted: list[str]) -> None:
    for other in others:
        taken = sorted(set(wanted) & set(other.request.get("Aliases", [])))
        if taken:
            raise ResourceInUse(f"Alias [{taken[0]}] belongs to version {number_of(other)} of the image.")


def _refuse_if_used(connection: sqlite3.Connection, scope: Scope, version: Declared) -> None:
    for app in apps.all_below(connection, scope.prefix(APP)):
        if app.status != "Deleted" and app.resource_spec.get("SageMakerImageVersionArn") == version.arn:
            raise ResourceInUse(
                f"Image version [{version.arn}] is used by the app of space [{app.space_name}] in domain "
                f"[{app.domain_id}]. Delete the app first."
            )


def _image_summary(image: Declared) -> dict[str, Any]:
    members = ("Description", "DisplayName")
    shown: dict[str, Any] = {name: image.request[name] for name in members if name in image.request}
    return {
        "ImageArn": image.arn,
        "ImageName": image.name,
        "ImageStatus": image.status,
        **shown,
        **image.times(),
    }


def _version_summary(scope: Scope, version: Declared) -> dict[str, Any]:
    return {
        "ImageArn": scope.arn(IMAGE, version.name),
        "ImageVersionArn": version.arn,
        "ImageVersionStatus": version.status,
        "Version": number_of(version),
        **version.times(),
    }


def image_address(
    connection: sqlite3.Connection, scope: Scope, spec: Mapping[str, str]
) -> tuple[Declared, str]:
    """The version that a resource specification means, and the container image it stands for.

    Raises:
        ValidationException: there is no such image or version here.
    """
    arn = spec.get("SageMakerImageVersionArn") or spec["SageMakerImageArn"]
    found = re.fullmatch(
        re.escape(scope.prefix(IMAGE)[: -len("image/")]) + r"image(?:-version)?/([^/]+)(?:/(\d+))?", arn
    )
    if found is None:
        raise ValidationException(
            f"The SageMaker image [{arn}] is not one of this account and region. Create it with CreateImage "
            "and CreateImageVersion; images that AWS provides do not exist in sagemaker-local."
        )
    number = int(found[2]) if found[2] else None
    try:
        version = find_version(
            connection, scope, found[1], number=number, alias=spec.get("SageMakerImageVersionAlias")
        )
    except ResourceNotFound as error:
        raise ValidationException(error.message) from error
    return version, str(version.request["BaseImage"])
