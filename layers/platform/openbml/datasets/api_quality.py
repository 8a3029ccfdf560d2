"""Routes of quality reports, below a dataset version."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.datasets.api import VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import project_access, version_key
from openbml.datasets.api_models import Body
from openbml.datasets.datasets import VersionKey
from openbml.datasets.jobs.track_data_jobs import cancel_data_job
from openbml.datasets.quality.quality_reports import (
    QualityReportView,
    job_of_kind,
    quality_document,
    quality_report_view,
    request_quality_report,
)
from openbml.datasets.wiring import (
    data_job_hooks,
    data_job_queue,
    data_job_repository,
    data_store,
    dataset_repository,
    table_manifest,
)
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.quality import QualityReport, QualitySettings

router = Router()

_REPORT = f"{VERSION}/quality-reports/<report_id>"
_DISTANCE = QualitySettings().similar_distance


class NewQualityReport(Body):
    similar_distance: int = Field(default=_DISTANCE, ge=0, le=7)


@router.post(f"{VERSION}/quality-reports", status_code=202)
def post_quality_report(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewQualityReport
) -> tuple[QualityReportView, int]:
    access = project_access(router, project_id, "datasets.write")
    job = request_quality_report(
        VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number),
        similar_distance=body.similar_distance,
        user_id=access.user_id,
        datasets=dataset_repository(),
        jobs=data_job_repository(),
        manifest_of=table_manifest,
        starting=data_job_queue(),
        new_id=new_id,
        now=utc_now,
    )
    return quality_report_view(job), HTTPStatus.ACCEPTED


@router.get(f"{VERSION}/quality-reports")
def list_quality_reports(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[QualityReportView]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    dataset_repository().version(key)
    purpose = f"quality-reports/{key.scope.key}/{dataset_id}/{version_number}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = data_job_repository().page(
        key, DataJobKind.QUALITY_REPORT, limit=limit, position=position
    )
    return Page(
        items=[quality_report_view(job) for job in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.get(_REPORT)
def get_quality_report(
    project_id: Id, dataset_id: Id, version_number: Number, report_id: Id
) -> QualityReportView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    job = job_of_kind(key, report_id, DataJobKind.QUALITY_REPORT, jobs=data_job_repository())
    return quality_report_view(job)


@router.get(f"{_REPORT}/document")
def get_quality_document(
    project_id: Id, dataset_id: Id, version_number: Number, report_id: Id
) -> QualityReport:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return quality_document(key, report_id, jobs=data_job_repository(), data=data_store())


@router.post(f"{_REPORT}/cancel")
def post_quality_report_cancel(
    project_id: Id, dataset_id: Id, version_number: Number, report_id: Id
) -> QualityReportView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    job_of_kind(key, report_id, DataJobKind.QUALITY_REPORT, jobs=data_job_repository())
    job = cancel_data_job(
        key,
        report_id,
        jobs=data_job_repository(),
        runtime=compute_gateway(),
        hooks=data_job_hooks(),
        events=event_publisher(),
        now=utc_now,
    )
    return quality_report_view(job)
