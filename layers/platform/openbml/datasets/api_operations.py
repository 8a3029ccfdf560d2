"""Routes of `/v1/datasets`: bulk operations on a filter."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import AwareDatetime, Field

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.datasets.annotating.bulk_operations import (
    ActionKind,
    BulkAction,
    BulkOperation,
    OperationState,
    cancel_operation,
    start_operation,
)
from openbml.datasets.annotating.sample_search import SampleFilter
from openbml.datasets.api import VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import key_within, project_access, version_key
from openbml.datasets.api_models import Body, Reply
from openbml.datasets.samples import AnnotationSource, AnnotationState
from openbml.datasets.wiring import (
    dataset_repository,
    label_repository,
    operation_queue,
    operation_repository,
)

router = Router()

OPERATIONS = f"{VERSION}/operations"


class FilterBody(Body):
    """As the list of samples filters; nothing given means all samples."""

    label: str | None = Field(default=None, min_length=1, max_length=200)
    annotation_state: AnnotationState | None = None
    annotation_source: AnnotationSource | None = None
    name: str | None = Field(default=None, min_length=1, max_length=400)
    name_prefix: str | None = Field(default=None, min_length=1, max_length=400)
    min_size_bytes: int | None = Field(default=None, ge=0)
    max_size_bytes: int | None = Field(default=None, ge=0)
    added_after: AwareDatetime | None = None
    added_before: AwareDatetime | None = None


class NewOperation(Body):
    filter: FilterBody = FilterBody()
    action: BulkAction


class OperationView(Reply):
    """`matched` samples of the filter, `changed` by the action so far; progress is counted in chunks."""

    operation_id: int
    action: BulkAction
    filter: SampleFilter
    state: OperationState
    matched: int
    changed: int
    chunk_count: int
    chunks_done: int
    failure: str | None
    created_by: int
    created_at: AwareDatetime
    finished_at: AwareDatetime | None

    @classmethod
    def of(cls, operation: BulkOperation) -> "OperationView":
        fields = operation.model_dump(include=set(cls.model_fields))
        return cls.model_validate({**fields, "filter": operation.wanted})


@router.post(OPERATIONS, status_code=202)
def post_operation(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewOperation
) -> tuple[OperationView, int]:
    """Ask for an action on all samples that meet the filter now."""
    deletes = body.action.kind is ActionKind.DELETE_SAMPLES
    access = project_access(router, project_id, "datasets.manage" if deletes else "datasets.write")
    operation = start_operation(
        key_within(access, dataset_id, version_number),
        SampleFilter.model_validate(body.filter.model_dump()),
        body.action,
        user_id=access.user_id,
        datasets=dataset_repository(),
        labels=label_repository(),
        operations=operation_repository(),
        queue=operation_queue(),
        new_id=new_id,
        now=utc_now,
    )
    return OperationView.of(operation), HTTPStatus.ACCEPTED


@router.get(OPERATIONS)
def list_operations(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[OperationView]:
    """Return operations, the newest first."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    purpose = f"operations/{key.scope.key}/{dataset_id}/{version_number}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = operation_repository().page(key, limit=limit, position=position)
    return Page(
        items=[OperationView.of(row) for row in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.get(f"{OPERATIONS}/<operation_id>")
def get_operation(project_id: Id, dataset_id: Id, version_number: Number, operation_id: Id) -> OperationView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return OperationView.of(operation_repository().get(key, operation_id))


@router.post(f"{OPERATIONS}/<operation_id>/cancel")
def post_cancel_operation(
    project_id: Id, dataset_id: Id, version_number: Number, operation_id: Id
) -> OperationView:
    """Stop an operation; what it has done stays done."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    return OperationView.of(
        cancel_operation(key, operation_id, operations=operation_repository(), now=utc_now)
    )
