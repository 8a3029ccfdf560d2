"""Routes of `/v1/datasets`: the annotation of one sample, its history."""

from collections.abc import Sequence
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AwareDatetime, Field

from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.datasets.annotating.annotate import (
    Annotated as AnnotatedSample,
)
from openbml.datasets.annotating.annotate import (
    append_annotation,
    clear_annotation,
    replace_annotation,
)
from openbml.datasets.annotating.history import Revision, annotation_at, restore_revision, revisions
from openbml.datasets.api import VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import key_within, project_access, version_key
from openbml.datasets.api_models import Body, Reply
from openbml.datasets.datasets import VersionKey
from openbml.datasets.samples import AnnotationSource
from openbml.datasets.wiring import (
    annotation_store,
    dataset_repository,
    history_repository,
    sample_repository,
)
from openbml_formats.annotations import Annotation

router = Router()

SAMPLE = f"{VERSION}/samples/<sample_id>"
ANNOTATION = f"{SAMPLE}/annotation"

ExpectedQuery = Annotated[int, Query(ge=1, lt=2**31)]
RevisionPath = Annotated[int, Path(ge=1, lt=2**31)]


class NewAnnotation(Body):
    annotation: Annotation
    expected_revision: int = Field(ge=1)
    create_labels: bool = True


class MoreAnnotation(Body):
    annotation: Annotation
    create_labels: bool = True


class ExpectedRevision(Body):
    expected_revision: int = Field(ge=1)


class RemarkView(Reply):
    reason: str
    message: str


class AnnotationView(Reply):
    """A sample's annotation as it is now, and what was adapted in the one that was sent."""

    sample_id: int
    annotation: Annotation
    annotation_revision: int
    annotation_source: AnnotationSource
    annotated_by: int | None
    annotated_at: AwareDatetime | None
    label_counts: dict[str, int]
    remarks: Sequence[RemarkView] = ()

    @classmethod
    def of(cls, key: VersionKey, done: AnnotatedSample) -> "AnnotationView":
        sample = done.sample
        return cls(
            sample_id=sample.sample_id,
            annotation=sample_repository().annotation_of(key.scope, sample),
            annotation_revision=sample.annotation_revision,
            annotation_source=sample.annotation_source,
            annotated_by=sample.annotated_by,
            annotated_at=sample.annotated_at,
            label_counts=dict(sample.label_counts),
            remarks=[RemarkView(reason=row.reason, message=row.message) for row in done.remarks],
        )


class RevisionDetail(Reply):
    sample_id: int
    revision: int
    annotation: Annotation


@router.put(ANNOTATION)
def put_annotation(
    project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id, body: NewAnnotation
) -> AnnotationView:
    """Replace the annotation that the caller saw; 409 when somebody else changed it since."""
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    done = replace_annotation(
        key,
        sample_id,
        body.annotation,
        expected_revision=body.expected_revision,
        user_id=access.user_id,
        create_labels=body.create_labels,
        datasets=dataset_repository(),
        samples=sample_repository(),
        store=annotation_store(),
    )
    return AnnotationView.of(key, done)


@router.post(ANNOTATION)
def post_annotation(
    project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id, body: MoreAnnotation
) -> AnnotationView:
    """Add to the annotation, whatever it is by now; of a one-label kind the label is replaced."""
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    done = append_annotation(
        key,
        sample_id,
        body.annotation,
        user_id=access.user_id,
        create_labels=body.create_labels,
        datasets=dataset_repository(),
        samples=sample_repository(),
        store=annotation_store(),
    )
    return AnnotationView.of(key, done)


@router.delete(ANNOTATION)
def delete_annotation(
    project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id, expected_revision: ExpectedQuery
) -> AnnotationView:
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    done = clear_annotation(
        key,
        sample_id,
        expected_revision=expected_revision,
        user_id=access.user_id,
        datasets=dataset_repository(),
        store=annotation_store(),
    )
    return AnnotationView.of(key, done)


@router.get(f"{SAMPLE}/history")
def list_revisions(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    sample_id: Id,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Revision]:
    """Return the revisions of the annotation, the current one first."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    purpose = f"history/{key.scope.key}/{sample_id}"
    found, following = revisions(
        key,
        sample_id,
        limit=limit,
        position=cursor_codec().decode(cursor, purpose=purpose),
        samples=sample_repository(),
        history=history_repository(),
    )
    return Page(items=found, next_cursor=cursor_codec().encode(following, purpose=purpose))


@router.get(f"{SAMPLE}/history/<revision>")
def get_revision(
    project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id, revision: RevisionPath
) -> RevisionDetail:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    annotation = annotation_at(
        key, sample_id, revision, samples=sample_repository(), history=history_repository()
    )
    return RevisionDetail(sample_id=sample_id, revision=revision, annotation=annotation)


@router.post(f"{SAMPLE}/history/<revision>/restore")
def post_restore(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    sample_id: Id,
    revision: RevisionPath,
    body: ExpectedRevision,
) -> AnnotationView:
    """Take an earlier annotation back, as a new revision."""
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    done = restore_revision(
        key,
        sample_id,
        revision,
        expected_revision=body.expected_revision,
        user_id=access.user_id,
        datasets=dataset_repository(),
        samples=sample_repository(),
        history=history_repository(),
        store=annotation_store(),
    )
    return AnnotationView.of(key, done)
