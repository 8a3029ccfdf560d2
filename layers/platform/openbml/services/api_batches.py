"""Routes of batch predictions and their schedules."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.http import no_content, principal_of
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.identity.projects import ProjectAccess
from openbml.identity.wiring import authorizer
from openbml.services.batch import order_batches, read_batches, run_schedules
from openbml.services.batch.batch_forms import (
    BatchRequest,
    BatchView,
    OutputFile,
    RunView,
    ScheduleChange,
    ScheduleRequest,
    ScheduleView,
    UploadRequest,
    UploadView,
)
from openbml.services.batch.order_batches import BatchNaming
from openbml.services.batch.wiring import (
    batch_collaborators,
    batch_files,
    batch_queue,
    batch_settings,
    batches,
    schedules,
)
from openbml.services.wiring import versions

router = Router()

_PROJECT = "/v1/services/projects/<project_id>"
_BATCHES = f"{_PROJECT}/batch-predictions"
_BATCH = f"{_BATCHES}/<batch_id>"
_SCHEDULES = f"{_PROJECT}/batch-schedules"
_SCHEDULE = f"{_SCHEDULES}/<schedule_id>"
Id = Annotated[int, Path(ge=1, lt=2**53)]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=2048)]


def _access(project_id: int, permission: str) -> ProjectAccess:
    return authorizer().require(principal_of(router.current_event), project_id, permission)


@router.get(_BATCHES)
def get_batch_predictions(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[BatchView]:
    return read_batches.list_batches(
        _access(project_id, "services.read").scope,
        limit=limit,
        cursor=cursor,
        batches=batches(),
        cursors=cursor_codec(),
    )


@router.post(_BATCHES, status_code=HTTPStatus.ACCEPTED)
def post_batch_prediction(project_id: Id, request: BatchRequest) -> BatchView:
    access = _access(project_id, "services.write")
    naming = BatchNaming(name=request.name, description=request.description, user_id=access.user_id)
    batch = order_batches.create_batch(request, naming, scope=access.scope, using=batch_collaborators())
    return BatchView.of(batch)


@router.post(f"{_PROJECT}/batch-uploads", status_code=HTTPStatus.CREATED)
def post_batch_upload(project_id: Id, request: UploadRequest) -> UploadView:
    return read_batches.open_upload(
        request,
        scope=_access(project_id, "services.write").scope,
        files=batch_files(),
        buckets=batch_settings(),
        new_id=new_id,
    )


@router.get(_BATCH)
def get_batch_prediction(project_id: Id, batch_id: Id) -> BatchView:
    return BatchView.of(batches().get(_access(project_id, "services.read").scope, batch_id))


@router.delete(_BATCH, status_code=HTTPStatus.NO_CONTENT)
def delete_batch_prediction(project_id: Id, batch_id: Id) -> Response[str]:
    scope = _access(project_id, "services.write").scope
    order_batches.delete_batch(scope, batch_id, batches=batches(), starting=batch_queue())
    return no_content()


@router.post(f"{_BATCH}/stop", status_code=HTTPStatus.ACCEPTED)
def post_batch_stop(project_id: Id, batch_id: Id) -> BatchView:
    batch = order_batches.stop_batch(
        _access(project_id, "services.write").scope,
        batch_id,
        batches=batches(),
        jobs=compute_gateway(),
        events=event_publisher(),
        now=utc_now,
    )
    return BatchView.of(batch)


@router.post(f"{_BATCH}/resume", status_code=HTTPStatus.ACCEPTED)
def post_batch_resume(project_id: Id, batch_id: Id) -> BatchView:
    scope = _access(project_id, "services.write").scope
    return BatchView.of(order_batches.resume_batch(scope, batch_id, using=batch_collaborators()))


@router.get(f"{_BATCH}/output")
def get_batch_output(
    project_id: Id, batch_id: Id, limit: Limit = 100, cursor: Cursor = None
) -> Page[OutputFile]:
    return read_batches.list_output(
        _access(project_id, "services.read").scope,
        batch_id,
        limit=limit,
        cursor=cursor,
        batches=batches(),
        files=batch_files(),
        buckets=batch_settings(),
        cursors=cursor_codec(),
    )


@router.get(_SCHEDULES)
def get_batch_schedules(project_id: Id) -> Page[ScheduleView]:
    scope = _access(project_id, "services.read").scope
    return Page(items=[ScheduleView.of(schedule) for schedule in schedules().all_of(scope)])


@router.post(_SCHEDULES, status_code=HTTPStatus.CREATED)
def post_batch_schedule(project_id: Id, request: ScheduleRequest) -> ScheduleView:
    access = _access(project_id, "services.write")
    schedule = run_schedules.create_schedule(
        request,
        scope=access.scope,
        user_id=access.user_id,
        schedules=schedules(),
        versions=versions(),
        buckets=batch_settings(),
        new_id=new_id,
        now=utc_now,
    )
    return ScheduleView.of(schedule)


@router.get(_SCHEDULE)
def get_batch_schedule(project_id: Id, schedule_id: Id) -> ScheduleView:
    return ScheduleView.of(schedules().get(_access(project_id, "services.read").scope, schedule_id))


@router.patch(_SCHEDULE)
def patch_batch_schedule(project_id: Id, schedule_id: Id, request: ScheduleChange) -> ScheduleView:
    schedule = run_schedules.change_schedule(
        request,
        scope=_access(project_id, "services.write").scope,
        schedule_id=schedule_id,
        schedules=schedules(),
        versions=versions(),
        buckets=batch_settings(),
        now=utc_now,
    )
    return ScheduleView.of(schedule)


@router.delete(_SCHEDULE, status_code=HTTPStatus.NO_CONTENT)
def delete_batch_schedule(project_id: Id, schedule_id: Id) -> Response[str]:
    scope = _access(project_id, "services.write").scope
    schedules().remove(schedules().get(scope, schedule_id))
    return no_content()


@router.get(f"{_SCHEDULE}/runs")
def get_batch_schedule_runs(project_id: Id, schedule_id: Id, limit: Limit = 50) -> Page[RunView]:
    schedule = schedules().get(_access(project_id, "services.read").scope, schedule_id)
    return Page(items=[RunView.of(run) for run in schedules().runs(schedule, limit=limit)])
