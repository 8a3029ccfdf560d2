"""Routes of exports, below a dataset version."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.errors import InvalidRequestError
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.datasets.api import VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import project_access, version_key
from openbml.datasets.api_models import Body
from openbml.datasets.datasets import StorageType, VersionKey
from openbml.datasets.jobs.data_jobs import DataJob, DataJobNotFoundError
from openbml.datasets.jobs.exports import ExportHook, ExportOrder, ExportView, export_view, request_export
from openbml.datasets.jobs.track_data_jobs import cancel_data_job
from openbml.datasets.samples import AnnotationState
from openbml.datasets.wiring import (
    data_job_queue,
    data_job_repository,
    data_store,
    dataset_repository,
    datasets_settings,
    mark_repository,
    table_manifest,
)
from openbml_formats.data_jobs import DataJobKind

router = Router()

_EXPORT = f"{VERSION}/exports/<export_id>"
Label = Annotated[str, Field(min_length=1, max_length=200)]


class NewExport(Body):
    format: str = Field(min_length=1, max_length=50)
    labels: Sequence[Label] | None = Field(default=None, min_length=1, max_length=1000)
    annotation_state: AnnotationState | None = None
    storage_type: StorageType | None = None
    storage_path: str | None = Field(default=None, max_length=1000)


@router.post(f"{VERSION}/exports", status_code=202)
def post_export(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewExport
) -> tuple[ExportView, int]:
    access = project_access(router, project_id, "datasets.manage")
    if body.storage_path and body.storage_type is not StorageType.CUSTOMER:
        raise InvalidRequestError(field="storage_path", reason="goes with storage_type usrBos only")
    job = request_export(
        VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number),
        ExportOrder.model_validate(body.model_dump()),
        user_id=access.user_id,
        data_bucket=datasets_settings().data_bucket_name,
        datasets=dataset_repository(),
        jobs=data_job_repository(),
        manifest_of=table_manifest,
        starting=data_job_queue(),
        new_id=new_id,
        now=utc_now,
    )
    return _view(job), HTTPStatus.ACCEPTED


@router.get(f"{VERSION}/exports")
def list_exports(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[ExportView]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    name = dataset_repository().get(key.scope, dataset_id).name
    dataset_repository().version(key)
    purpose = f"exports/{key.scope.key}/{dataset_id}/{version_number}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = data_job_repository().page(key, DataJobKind.EXPORT, limit=limit, position=position)
    return Page(
        items=[export_view(job, data=data_store(), dataset_name=name, now=utc_now) for job in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.get(_EXPORT)
def get_export(project_id: Id, dataset_id: Id, version_number: Number, export_id: Id) -> ExportView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return _view(_export(key, export_id))


@router.post(f"{_EXPORT}/cancel")
def post_cancel(project_id: Id, dataset_id: Id, version_number: Number, export_id: Id) -> ExportView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.manage")
    _export(key, export_id)
    job = cancel_data_job(
        key,
        export_id,
        jobs=data_job_repository(),
        runtime=compute_gateway(),
        hooks={DataJobKind.EXPORT: ExportHook(mark_repository(), now=utc_now)},
        events=event_publisher(),
        now=utc_now,
    )
    return _view(job)


def _export(key: VersionKey, export_id: int) -> DataJob:
    job = data_job_repository().get(key, export_id)
    if job.kind is not DataJobKind.EXPORT:
        raise DataJobNotFoundError(job_id=export_id)
    return job


def _view(job: DataJob) -> ExportView:
    dataset = dataset_repository().get(job.scope, job.dataset_id)
    return export_view(job, data=data_store(), dataset_name=dataset.name, now=utc_now)
