"""Routes of `/v1/datasets`: lists of samples, one sample, the feed of a labelling page."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AwareDatetime

from openbml.core.clock import utc_now
from openbml.core.errors import InvalidRequestError
from openbml.core.http import no_content
from openbml.core.wiring import cursor_codec
from openbml.datasets.annotating.delete_samples import delete_sample
from openbml.datasets.annotating.sample_feed import leased_neighbour, neighbour
from openbml.datasets.annotating.sample_search import SampleFilter, SampleOrder, find_samples
from openbml.datasets.api import VERSION, Cursor, Id, Number
from openbml.datasets.api_access import key_within, project_access, version_key
from openbml.datasets.api_models import Reply
from openbml.datasets.api_sample_models import SampleDetail, SamplePage, SampleView
from openbml.datasets.datasets import VersionKey
from openbml.datasets.samples import AnnotationSource, AnnotationState, Sample
from openbml.datasets.wiring import (
    annotation_store,
    data_store,
    dataset_repository,
    lease_repository,
    sample_index,
    sample_repository,
)

router = Router()

_PAGE_BYTES = 3_000_000  # of texts and annotations; a function's reply has 6 MB

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int | None, Query(ge=0, le=10_000_000)]
Text = Annotated[str | None, Query(min_length=1, max_length=400)]
Size = Annotated[int | None, Query(ge=0)]
Moment = Annotated[AwareDatetime | None, Query()]
State = Annotated[AnnotationState | None, Query()]
Source = Annotated[AnnotationSource | None, Query()]


class Include(StrEnum):
    ANNOTATION = "annotation"


class NextSample(Reply):
    """The neighbour, null at the end of the list."""

    sample: SampleDetail | None


@router.get(f"{VERSION}/samples")
def list_samples(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    label: Text = None,
    annotation_state: State = None,
    annotation_source: Source = None,
    name: Text = None,
    name_prefix: Text = None,
    min_size_bytes: Size = None,
    max_size_bytes: Size = None,
    added_after: Moment = None,
    added_before: Moment = None,
    order: Annotated[SampleOrder, Query()] = SampleOrder.ID,
    include: Annotated[Include | None, Query()] = None,
    offset: Offset = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> SamplePage:
    """Return samples that meet all filters; go on by cursor, or jump by offset."""
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    if cursor is not None and offset is not None:
        raise InvalidRequestError(field="offset", reason="go on by cursor or jump by offset, not both")
    wanted = SampleFilter(
        label=label,
        annotation_state=annotation_state,
        annotation_source=annotation_source,
        name=name,
        name_prefix=name_prefix,
        min_size_bytes=min_size_bytes,
        max_size_bytes=max_size_bytes,
        added_after=added_after,
        added_before=added_before,
    )
    purpose = f"samples/{key.scope.key}/{dataset_id}/{version_number}/{order}/{wanted.model_dump_json()}"
    find = partial(
        find_samples,
        dataset_repository().version(key),
        wanted,
        order=order,
        position=cursor_codec().decode(cursor, purpose=purpose),
        offset=offset or 0,
        index=sample_index(),
    )
    found = find(limit=limit)
    views, covered = _views(key, found.sample_ids, include)
    if covered < len(found.sample_ids):
        found = find(limit=covered)
    return SamplePage(
        items=views, next_cursor=cursor_codec().encode(found.following, purpose=purpose), total=found.total
    )


def _views(
    key: VersionKey, sample_ids: Sequence[int], include: Include | None
) -> tuple[list[SampleView], int]:
    """Return the samples in that order, and how many ids of the list they cover.

    One that was deleted in this moment is left out. Long texts and large annotations make a shorter page.
    """
    repository, store = sample_repository(), data_store()
    rows = repository.find(key.scope, sample_ids)
    views: list[SampleView] = []
    size_bytes = 0
    for place, sample_id in enumerate(sample_ids):
        sample = rows.get(sample_id)
        if sample is None:
            continue
        with_annotation = include is Include.ANNOTATION
        annotation = repository.annotation_of(key.scope, sample) if with_annotation else None
        size_bytes += sum(len(text.encode()) for text in sample.texts)
        size_bytes += len(annotation.model_dump_json()) if annotation else 0
        if views and size_bytes > _PAGE_BYTES:
            return views, place
        views.append(SampleView.of(sample, key.scope, store, annotation))
    return views, len(sample_ids)


@router.get(f"{VERSION}/samples/<sample_id>")
def get_sample(project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id) -> SampleDetail:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return _detail(key, sample_repository().get(key, sample_id))


@router.delete(f"{VERSION}/samples/<sample_id>", status_code=204)
def remove_sample(project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id) -> Response[str]:
    access = project_access(router, project_id, "datasets.manage")
    delete_sample(
        key_within(access, dataset_id, version_number),
        sample_id,
        user_id=access.user_id,
        store=annotation_store(),
        samples=sample_repository(),
    )
    return no_content()


@router.get(f"{VERSION}/next-sample")
def get_next_sample(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    after: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    before: Annotated[int | None, Query(ge=0, lt=2**53)] = None,
    label: Text = None,
    annotation_state: State = None,
    annotation_source: Source = None,
    lease: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> NextSample:
    """Return the next sample after one, or the previous before one, in a list; unlabelled ones by default.

    With a lease the sample is the caller's for two minutes: others who ask for a lease get another.
    """
    access = project_access(router, project_id, "datasets.write" if lease else "datasets.read")
    key = key_within(access, dataset_id, version_number)
    if after is not None and before is not None:
        raise InvalidRequestError(field="before", reason="give after or before, not both")
    if label is None and annotation_state is None and annotation_source is None:
        annotation_state = AnnotationState.UNLABELLED
    wanted = SampleFilter(label=label, annotation_state=annotation_state, annotation_source=annotation_source)
    version = dataset_repository().version(key)
    beside, backwards = (after, False) if before is None else (before, True)
    if lease:
        sample = leased_neighbour(
            version,
            wanted,
            beside=beside,
            backwards=backwards,
            user_id=access.user_id,
            index=sample_index(),
            samples=sample_repository(),
            leases=lease_repository(),
            now=utc_now,
        )
    else:
        sample = neighbour(
            version,
            wanted,
            beside=beside,
            backwards=backwards,
            index=sample_index(),
            samples=sample_repository(),
        )
    return NextSample(sample=_detail(key, sample) if sample else None)


@router.delete(f"{VERSION}/samples/<sample_id>/lease", status_code=204)
def delete_lease(project_id: Id, dataset_id: Id, version_number: Number, sample_id: Id) -> Response[str]:
    """Let go of a sample that the feed leased; harmless when the caller does not hold it."""
    access = project_access(router, project_id, "datasets.write")
    key = key_within(access, dataset_id, version_number)
    dataset_repository().version(key)
    lease_repository().give_back(key, sample_id, access.user_id)
    return no_content()


def _detail(key: VersionKey, sample: Sample) -> SampleDetail:
    annotation = sample_repository().annotation_of(key.scope, sample)
    return SampleDetail.whole(sample, key.scope, data_store(), annotation)
