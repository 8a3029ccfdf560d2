"""Routes that change datasets and versions themselves: names, new versions, descriptions, deletion."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.wiring import event_publisher
from openbml.datasets.api import PROJECT, VERSION, Id, Number, dataset_view
from openbml.datasets.api_access import project_access
from openbml.datasets.api_models import Body, DatasetView, VersionView
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.copy_versions import copy_version
from openbml.datasets.limits import DESCRIPTION_CHARACTERS, NAME_CHARACTERS
from openbml.datasets.manage_versions import (
    create_version,
    delete_version,
    describe_version,
    rename_dataset,
)
from openbml.datasets.wiring import archive_store, dataset_repository, deletion_queue, import_repository

router = Router()

Description = Annotated[str, Field(max_length=2 * DESCRIPTION_CHARACTERS)]


class DatasetChange(Body):
    # The rule itself is `checked_name`; blanks around the name do not count there.
    name: str = Field(min_length=1, max_length=4 * NAME_CHARACTERS)


class VersionOrigin(Body):
    version_number: int = Field(ge=1, lt=1_000_000)


class NewVersion(Body):
    """`source`: the version whose samples and annotations are copied by reference; none for an empty one."""

    description: Description = ""
    source: VersionOrigin | None = None


class VersionChange(Body):
    description: Description


@router.patch(f"{PROJECT}/datasets/<dataset_id>")
def patch_dataset(project_id: Id, dataset_id: Id, body: DatasetChange) -> DatasetView:
    access = project_access(router, project_id, "datasets.write")
    return dataset_view(
        rename_dataset(access.scope, dataset_id, name=body.name, datasets=dataset_repository())
    )


@router.post(f"{PROJECT}/datasets/<dataset_id>/versions", status_code=201)
def post_version(project_id: Id, dataset_id: Id, body: NewVersion) -> tuple[VersionView, int]:
    access = project_access(router, project_id, "datasets.write")
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
    copied = copy_version(
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
    return VersionView.of(copied), HTTPStatus.CREATED


@router.patch(VERSION)
def patch_version(project_id: Id, dataset_id: Id, version_number: Number, body: VersionChange) -> VersionView:
    access = project_access(router, project_id, "datasets.write")
    key = VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)
    return VersionView.of(describe_version(key, body.description, datasets=dataset_repository()))


@router.delete(VERSION, status_code=202)
def remove_version(project_id: Id, dataset_id: Id, version_number: Number) -> tuple[VersionView, int]:
    access = project_access(router, project_id, "datasets.manage")
    key = VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)
    version = delete_version(key, datasets=dataset_repository(), deletions=deletion_queue())
    return VersionView.of(version), HTTPStatus.ACCEPTED
