"""Routes of imports, below a dataset version."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.datasets.api import VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import project_access, version_key
from openbml.datasets.api_import_models import (
    CompletedParts,
    ImportView,
    NewImport,
    PartList,
    PartNumbers,
    PartUrlList,
    PartView,
    ReportView,
)
from openbml.datasets.datasets import VersionKey
from openbml.datasets.importing.complete_imports import complete_import, part_urls, uploaded_parts
from openbml.datasets.importing.data_imports import DataImport, ImportState
from openbml.datasets.importing.end_imports import cancel_import
from openbml.datasets.importing.reports import report_url
from openbml.datasets.importing.start_imports import import_from_version, start_import
from openbml.datasets.jobs.data_jobs import DataJobNotFoundError
from openbml.datasets.jobs.track_data_jobs import cancel_data_job
from openbml.datasets.limits import FILES_PER_IMPORT, URLS_PER_CALL
from openbml.datasets.tables.start_table_imports import import_from_catalogue
from openbml.datasets.tables.table_settings import TableSettings, checked_table_settings
from openbml.datasets.wiring import (
    archive_store,
    data_job_hooks,
    data_job_repository,
    data_store,
    dataset_repository,
    import_repository,
    report_repository,
    table_catalogue,
    upload_store,
)
from openbml_formats.records import Problem, Severity

router = Router()

_IMPORT = f"{VERSION}/imports/<import_id>"

FileIndex = Annotated[int, Query(ge=0, lt=FILES_PER_IMPORT)]


def _with_urls(data_import: DataImport) -> ImportView:
    """Return the view with the addresses of as many first parts as one call gives."""
    if data_import.state is not ImportState.UPLOADING:
        return ImportView.of(data_import)
    urls: dict[int, Mapping[int, str]] = {}
    left = URLS_PER_CALL
    for index, file in enumerate(data_import.files):
        numbers = range(1, min(file.part_count, left) + 1)
        urls[index] = part_urls(data_import, numbers, file=index, uploads=upload_store())
        left -= len(numbers)
    return ImportView.of(data_import, urls)


@router.post(f"{VERSION}/imports", status_code=201)
def post_import(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewImport
) -> tuple[ImportView, int]:
    access = project_access(router, project_id, "datasets.write")
    key = VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)
    if body.source is not None:
        copied = import_from_version(
            key,
            body.source.version,
            user_id=access.user_id,
            datasets=dataset_repository(),
            imports=import_repository(),
            archives=archive_store(),
            events=event_publisher(),
            new_id=new_id,
            now=utc_now,
        )
        return ImportView.of(copied), HTTPStatus.CREATED
    if body.table is not None and body.is_external:
        return ImportView.of(_from_catalogue(key, body.table, access.user_id)), HTTPStatus.CREATED
    data_import = start_import(
        key,
        format_code=body.format_code,
        files=body.given_files,
        settings=checked_table_settings(body.table) if body.table else {},
        user_id=access.user_id,
        datasets=dataset_repository(),
        imports=import_repository(),
        uploads=upload_store(),
        new_id=new_id,
        now=utc_now,
    )
    return _with_urls(data_import), HTTPStatus.CREATED


def _from_catalogue(key: VersionKey, settings: TableSettings, user_id: int) -> DataImport:
    return import_from_catalogue(
        key,
        settings,
        user_id=user_id,
        catalogue=table_catalogue(),
        datasets=dataset_repository(),
        imports=import_repository(),
        archives=archive_store(),
        events=event_publisher(),
        new_id=new_id,
        now=utc_now,
    )


@router.get(f"{VERSION}/imports")
def list_imports(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[ImportView]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
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
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return ImportView.of(import_repository().get(key, import_id))


@router.post(f"{_IMPORT}/part-urls")
def post_part_urls(
    project_id: Id, dataset_id: Id, version_number: Number, import_id: Id, body: PartNumbers
) -> PartUrlList:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    data_import = import_repository().get(key, import_id)
    urls = part_urls(data_import, body.part_numbers, file=body.file, uploads=upload_store())
    return PartUrlList.of(urls)


@router.get(f"{_IMPORT}/parts")
def list_parts(
    project_id: Id, dataset_id: Id, version_number: Number, import_id: Id, file: FileIndex = 0
) -> PartList:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    parts = uploaded_parts(
        import_repository().get(key, import_id),
        file=file,
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
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    data_import = complete_import(
        import_repository().get(key, import_id),
        body.given,
        imports=import_repository(),
        uploads=upload_store(),
        archives=archive_store(),
        events=event_publisher(),
    )
    return ImportView.of(data_import), HTTPStatus.ACCEPTED


@router.post(f"{_IMPORT}/cancel")
def post_cancel(project_id: Id, dataset_id: Id, version_number: Number, import_id: Id) -> ImportView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    data_import = cancel_import(
        import_repository().get(key, import_id),
        imports=import_repository(),
        uploads=upload_store(),
        events=event_publisher(),
        now=utc_now,
    )
    _stop_job(key, import_id)
    return ImportView.of(data_import)


def _stop_job(key: VersionKey, import_id: int) -> None:
    """Stop the job that reads a cancelled import's files, if there is one: it has the import's id."""
    jobs = data_job_repository()
    try:
        jobs.get(key, import_id)
    except DataJobNotFoundError:
        return
    cancel_data_job(
        key,
        import_id,
        jobs=jobs,
        runtime=compute_gateway(),
        hooks=data_job_hooks(),
        events=event_publisher(),
        now=utc_now,
    )


@router.get(f"{_IMPORT}/problems")
def list_problems(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    import_id: Id,
    severity: Annotated[Severity | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Problem]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    data_import = import_repository().get(key, import_id)
    purpose = f"problems/{key.scope.key}/{import_id}/{severity}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = report_repository().page(
        data_import, severity=severity, limit=limit, position=position
    )
    return Page(items=found, next_cursor=cursor_codec().encode(following, purpose=purpose))


@router.get(f"{_IMPORT}/report")
def get_report(project_id: Id, dataset_id: Id, version_number: Number, import_id: Id) -> ReportView:
    """Return where all problems of an ended import can be downloaded as one CSV file."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    data_import = import_repository().get(key, import_id)
    url = report_url(data_import, reports=report_repository(), data=data_store())
    return ReportView(import_id=import_id, download_url=url, counts=data_import.counts)
