"""Routes that add, describe and delete versions of a dataset."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.wiring import event_publisher
from openbml.datasets.api import PROJECT, VERSION, Id, Number
from openbml.datasets.api_models import Body, VersionView
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.copy_versions import copy_version
from openbml.datasets.limits import DESCRIPTION_CHARACTERS
from openbml.datasets.manage_versions import create_version, delete_version, describe_version
from openbml.datasets.wiring import (
    archive_store,
    dataset_repository,
    deletion_queue,
    import_repository,
)
from openbml.identity.wiring import authorizer

router = Router()


class CopiedVersion(Body):
    version_number: int = Field(ge=1, lt=1_000_000)


class NewVersion(Body):
    """An empty version, or one with the samples of another of the dataset."""

    description: str = Field(default="", max_length=2 * DESCRIPTION_CHARACTERS)
    source: CopiedVersion | None = None


class VersionChange(Body):
    description: str = Field(max_length=2 * DESCRIPTION_CHARACTERS)


@router.post(f"{PROJECT}/datasets/<dataset_id>/versions", status_code=201)
def post_version(project_id: Id, dataset_id: Id, body: NewVersion) -> tuple[VersionView, int]:
    access = authorizer().require(principal_of(router.current_event), project_id, "datasets.write")
    if body.source is None:
        version = create_version(
            access.scope,
            dataset_id,
            description=body.description,
            datasets=dataset_repository(),
            new_id=new_id,
            now=utc_now,
        )
        return VersionView.of(version), HTTPStatus.CREATED
    version = copy_version(
        VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=body.source.version_number),
        description=body.description,
        user_id=access.user_id,
        datasets=dataset_repository(),
        imports=import_repository(),
        archives=archive_store(),
        events=event_publisher(),
        new_id=new_id,
        now=utc_now,
    )
    return VersionView.of(version), HTTPStatus.CREATED


@router.patch(VERSION)
def patch_version(project_id: Id, dataset_id: Id, version_number: Number, body: VersionChange) -> VersionView:
    key = _key(project_id, dataset_id, version_number, "datasets.write")
    return VersionView.of(describe_version(key, body.description, datasets=dataset_repository()))


@router.delete(VERSION, status_code=202)
def remove_version(project_id: Id, dataset_id: Id, version_number: Number) -> tuple[VersionView, int]:
    key = _key(project_id, dataset_id, version_number, "datasets.manage")
    deleted = delete_version(key, datasets=dataset_repository(), deletions=deletion_queue())
    return VersionView.of(deleted), HTTPStatus.ACCEPTED


def _key(project_id: int, dataset_id: int, version_number: int, permission: str) -> VersionKey:
    access = authorizer().require(principal_of(router.current_event), project_id, permission)
    return VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)
