"""Routes of imports, below a dataset version."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.api_gateway import Router

from openbml.core.clock import utc_now
from openbml.core.http import principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.datasets.api import VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_models import (
    CompletedParts,
    ImportView,
    NewImport,
    PartList,
    PartNumbers,
    PartUrlList,
    PartView,
)
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.data_imports import DataImport, ImportState, Problem
from openbml.datasets.importing.end_imports import cancel_import
from openbml.datasets.importing.start_imports import complete_import, part_urls, start_import, uploaded_parts
from openbml.datasets.limits import URLS_PER_CALL
from openbml.datasets.wiring import archive_store, dataset_repository, import_repository, upload_store
from openbml.identity.wiring import authorizer

router = Router()

_IMPORT = f"{VERSION}/imports/<import_id>"


def _key(project_id: int, dataset_id: int, version_number: int, permission: str) -> VersionKey:
    access = authorizer().require(principal_of(router.current_event), project_id, permission)
    return VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)


def _with_urls(data_import: DataImport) -> ImportView:
    if data_import.state is not ImportState.UPLOADING:
        return ImportView.of(data_import)
    first = range(1, min(data_import.part_count, URLS_PER_CALL) + 1)
    return ImportView.of(data_import, part_urls(data_import, first, uploads=upload_store()))


@router.post(f"{VERSION}/imports", status_code=201)
def post_import(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewImport
) -> tuple[ImportView, int]:
    access = authorizer().require(principal_of(router.current_event), project_id, "datasets.write")
    data_import = start_import(
        VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number),
        filename=body.filename,
        size_bytes=body.size_bytes,
        annotation_format=body.annotation_format,
        user_id=access.user_id,
        datasets=dataset_repository(),
        imports=import_repository(),
        uploads=upload_store(),
        new_id=new_id,
        now=utc_now,
    )
    return _with_urls(data_import), HTTPStatus.CREATED


@router.get(f"{VERSION}/imports")
def list_imports(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[ImportView]:
    key = _key(project_id, dataset_id, version_number, "datasets.read")
    dataset_repository().version(key)
    purpose = f"imports/{key.scope.key}/{dataset_id}/{version_number}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = import_repository().page(key, limit=limit, position=position)
    return Page(
        items=[ImportView.of(data_import) for data_import in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.get(_IMPORT)
def get_import(project_id: Id, dataset_id: Id, version_number: Number, import_id: Id) -> ImportView:
    key = _key(project_id, dataset_id, version_number, "datasets.read")
    return ImportView.of(import_repository().get(key, import_id))


@router.post(f"{_IMPORT}/part-urls")
def post_part_urls(
    project_id: Id, dataset_id: Id, version_number: Number, import_id: Id, body: PartNumbers
) -> PartUrlList:
    key = _key(project_id, dataset_id, version_number, "datasets.write")
    data_import = import_repository().get(key, import_id)
    return PartUrlList.of(part_urls(data_import, body.part_numbers, uploads=upload_store()))


@router.get(f"{_IMPORT}/parts")
def list_parts(project_id: Id, dataset_id: Id, version_number: Number, import_id: Id) -> PartList:
    key = _key(project_id, dataset_id, version_number, "datasets.write")
    parts = uploaded_parts(
        import_repository().get(key, import_id),
        imports=import_repository(),
        uploads=upload_store(),
        events=event_publisher(),
        now=utc_now,
    )
    return PartList(items=[PartView.model_validate(part.model_dump()) for part in parts])


@router.post(f"{_IMPORT}/complete", status_code=202)
def post_complete(
    project_id: Id, dataset_id: Id, version_number: Number, import_id: Id, body: CompletedParts
) -> tuple[ImportView, int]:
    key = _key(project_id, dataset_id, version_number, "datasets.write")
    data_import = complete_import(
        import_repository().get(key, import_id),
        body.parts,
        imports=import_repository(),
        uploads=upload_store(),
        archives=archive_store(),
        events=event_publisher(),
        now=utc_now,
    )
    return ImportView.of(data_import), HTTPStatus.ACCEPTED


@router.post(f"{_IMPORT}/cancel")
def post_cancel(project_id: Id, dataset_id: Id, version_number: Number, import_id: Id) -> ImportView:
    key = _key(project_id, dataset_id, version_number, "datasets.write")
    data_import = cancel_import(
        import_repository().get(key, import_id),
        imports=import_repository(),
        uploads=upload_store(),
        events=event_publisher(),
        now=utc_now,
    )
    return ImportView.of(data_import)


@router.get(f"{_IMPORT}/problems")
def list_problems(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    import_id: Id,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Problem]:
    key = _key(project_id, dataset_id, version_number, "datasets.read")
    data_import = import_repository().get(key, import_id)
    purpose = f"problems/{key.scope.key}/{import_id}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = import_repository().problems(data_import, limit=limit, position=position)
    return Page(items=found, next_cursor=cursor_codec().encode(following, purpose=purpose))
