"""Routes of `/v1/datasets`: labels of a version, label groups of a project."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AwareDatetime, Field

from openbml.core.clock import utc_now
from openbml.core.errors import InvalidRequestError
from openbml.core.http import no_content
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.datasets.annotating.bulk_operations import (
    ActionKind,
    BulkAction,
    BulkOperation,
    start_operation,
)
from openbml.datasets.annotating.label_groups import (
    GroupLabel,
    LabelGroup,
    apply_group,
    change_group,
    create_group,
)
from openbml.datasets.annotating.labels import LabelOrder, create_label, list_labels
from openbml.datasets.annotating.sample_search import SampleFilter
from openbml.datasets.api import PROJECT, VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import key_within, project_access, version_key
from openbml.datasets.api_models import Body, Reply
from openbml.datasets.api_operations import OperationView
from openbml.datasets.datasets import LabelCount, VersionKey
from openbml.datasets.limits import LABEL_REMARK_CHARACTERS, LABELS_PER_GROUP, NAME_CHARACTERS
from openbml.datasets.wiring import (
    dataset_repository,
    label_group_repository,
    label_repository,
    operation_queue,
    operation_repository,
)

router = Router()

LABELS = f"{VERSION}/labels"
GROUPS = f"{PROJECT}/label-groups"

Name = Annotated[str, Field(min_length=1, max_length=200)]
Remark = Annotated[str, Field(max_length=LABEL_REMARK_CHARACTERS)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
LabelPath = Annotated[str, Path(min_length=1, max_length=800)]
# Names that a path cannot carry (with a slash, say) come as a query parameter; the path's is then not read.
LabelQuery = Annotated[str | None, Query(min_length=1, max_length=200)]


class NewLabel(Body):
    name: Name
    remark: Remark = ""
    colour: Colour | None = None
    pinned: bool = False


class LabelChanges(Body):
    """What is left out stays; a new name is given by an operation, since all samples are written."""

    name: Name | None = None
    remark: Remark | None = None
    colour: Colour | None = None
    pinned: bool | None = None


class LabelReply(Reply):
    """The label as it is now, and the operation that renames or deletes it."""

    label: LabelCount
    operation: OperationView | None = None


class GroupLabelBody(Body):
    name: Name
    remark: Remark = ""
    colour: Colour | None = None


class NewLabelGroup(Body):
    name: str = Field(min_length=1, max_length=4 * NAME_CHARACTERS)
    labels: Sequence[GroupLabelBody] = Field(default=(), max_length=LABELS_PER_GROUP)


class LabelGroupChanges(Body):
    name: str | None = Field(default=None, min_length=1, max_length=4 * NAME_CHARACTERS)
    labels: Sequence[GroupLabelBody] | None = Field(default=None, max_length=LABELS_PER_GROUP)


class AppliedGroup(Body):
    group_id: int = Field(ge=1, lt=2**53)


class LabelGroupView(Reply):
    group_id: int
    name: str
    labels: Sequence[GroupLabel]
    created_by: int
    created_at: AwareDatetime

    @classmethod
    def of(cls, group: LabelGroup) -> "LabelGroupView":
        return cls.model_validate(group.model_dump(include=set(cls.model_fields)))


class CreatedLabels(Reply):
    """Names of labels that the version did not have."""

    created: Sequence[str]


def _named(label_name: str, label: str | None) -> str:
    return unquote(label_name) if label is None else label


@router.get(LABELS)
def get_labels(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    name: Annotated[str | None, Query(max_length=200)] = None,
    order: Annotated[LabelOrder, Query()] = LabelOrder.NAME,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LabelCount]:
    """Return labels with their counts, the pinned ones first."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    dataset_repository().version(key)
    purpose = f"labels/{key.scope.key}/{dataset_id}/{version_number}/{order}/{name}"
    found, following = list_labels(
        key,
        name=name,
        order=order,
        limit=limit,
        position=cursor_codec().decode(cursor, purpose=purpose),
        labels=label_repository(),
    )
    return Page(items=found, next_cursor=cursor_codec().encode(following, purpose=purpose))


@router.post(LABELS, status_code=201)
def post_label(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewLabel
) -> tuple[LabelCount, int]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    label = create_label(
        key,
        LabelCount.model_validate(body.model_dump()),
        datasets=dataset_repository(),
        labels=label_repository(),
    )
    return label, HTTPStatus.CREATED


@router.patch(f"{LABELS}/<label_name>")
def patch_label(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    label_name: LabelPath,
    body: LabelChanges,
    label: LabelQuery = None,
) -> LabelReply:
    """Describe or pin a label at once; a new name asks for an operation that writes all its samples."""
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    changes = body.model_dump(exclude_unset=True, exclude={"name"})
    if any(value is None for name, value in changes.items() if name != "colour"):
        raise InvalidRequestError(field="body", reason="remark and pinned must not be null")
    named = _named(label_name, label)
    described = label_repository().describe(key, named, changes)
    if body.name is None or body.name == named:
        return LabelReply(label=described)
    action = BulkAction(kind=ActionKind.RENAME_LABEL, label=named, new_label=body.name)
    operation = _started(key, action, access.user_id)
    return LabelReply(label=label_repository().get(key, named), operation=OperationView.of(operation))


@router.delete(f"{LABELS}/<label_name>", status_code=202)
def delete_label(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    label_name: LabelPath,
    label: LabelQuery = None,
) -> tuple[LabelReply, int]:
    """Ask for an operation that takes a label and all its annotations away."""
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    named = _named(label_name, label)
    operation = _started(key, BulkAction(kind=ActionKind.DELETE_LABEL, label=named), access.user_id)
    reply = LabelReply(label=label_repository().get(key, named), operation=OperationView.of(operation))
    return reply, HTTPStatus.ACCEPTED


def _started(key: VersionKey, action: BulkAction, user_id: int) -> BulkOperation:
    return start_operation(
        key,
        SampleFilter(),
        action,
        user_id=user_id,
        datasets=dataset_repository(),
        labels=label_repository(),
        operations=operation_repository(),
        queue=operation_queue(),
        new_id=new_id,
        now=utc_now,
    )


@router.post(f"{VERSION}/label-groups")
def post_applied_group(
    project_id: Id, dataset_id: Id, version_number: Number, body: AppliedGroup
) -> CreatedLabels:
    """Make the labels of a group in a version."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    created = apply_group(
        key,
        body.group_id,
        datasets=dataset_repository(),
        groups=label_group_repository(),
        labels=label_repository(),
    )
    return CreatedLabels(created=created)


@router.get(GROUPS)
def list_groups(project_id: Id, limit: Limit = 50, cursor: Cursor = None) -> Page[LabelGroupView]:
    scope = project_access(router, project_id, "datasets.read").scope
    purpose = f"label-groups/{scope.key}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = label_group_repository().page(scope, limit=limit, position=position)
    return Page(
        items=[LabelGroupView.of(group) for group in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


@router.post(GROUPS, status_code=201)
def post_group(project_id: Id, body: NewLabelGroup) -> tuple[LabelGroupView, int]:
    access = project_access(router, project_id, "datasets.write")
    group = create_group(
        access.scope,
        body.name,
        _group_labels(body.labels),
        user_id=access.user_id,
        groups=label_group_repository(),
        new_id=new_id,
        now=utc_now,
    )
    return LabelGroupView.of(group), HTTPStatus.CREATED


@router.get(f"{GROUPS}/<group_id>")
def get_group(project_id: Id, group_id: Id) -> LabelGroupView:
    scope = project_access(router, project_id, "datasets.read").scope
    return LabelGroupView.of(label_group_repository().get(scope, group_id))


@router.patch(f"{GROUPS}/<group_id>")
def patch_group(project_id: Id, group_id: Id, body: LabelGroupChanges) -> LabelGroupView:
    scope = project_access(router, project_id, "datasets.write").scope
    group = change_group(
        scope,
        group_id,
        name=body.name,
        labels=None if body.labels is None else _group_labels(body.labels),
        groups=label_group_repository(),
    )
    return LabelGroupView.of(group)


@router.delete(f"{GROUPS}/<group_id>", status_code=204)
def delete_group(project_id: Id, group_id: Id) -> Response[str]:
    scope = project_access(router, project_id, "datasets.write").scope
    groups = label_group_repository()
    groups.remove(groups.get(scope, group_id))
    return no_content()


def _group_labels(labels: Sequence[GroupLabelBody]) -> Sequence[GroupLabel]:
    return [GroupLabel.model_validate(row.model_dump()) for row in labels]
