"""Routes of operators, cleanings and augmentations, below a dataset version."""

from collections.abc import Sequence
from http import HTTPStatus

from aws_lambda_powertools.event_handler.api_gateway import Router
from pydantic import Field

from openbml.compute.wiring import compute_gateway
from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec, event_publisher
from openbml.datasets.api import PROJECT, VERSION, Cursor, Id, Limit, Number
from openbml.datasets.api_access import key_within, project_access, version_key
from openbml.datasets.api_models import Body, Reply
from openbml.datasets.datasets import VersionKey
from openbml.datasets.jobs.track_data_jobs import cancel_data_job
from openbml.datasets.quality.derivations import (
    DerivationView,
    derivation_view,
    image_limits,
    request_augmentation,
    request_cleaning,
)
from openbml.datasets.quality.previews import (
    Preview,
    PreviewOrder,
    preview_augmentation,
    preview_cleaning,
)
from openbml.datasets.quality.quality_reports import job_of_kind
from openbml.datasets.wiring import (
    data_job_hooks,
    data_job_queue,
    data_job_repository,
    data_store,
    dataset_repository,
    quotas,
    sample_repository,
)
from openbml_catalog.datasets import DatasetKind
from openbml_catalog.datasets.operators import Operator, OperatorUse, operators_for
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.derivations import MOST_COPIES, AugmentationSettings
from openbml_formats.operators.operations import Operation

router = Router()

_CLEANING = f"{VERSION}/cleanings/<job_id>"
_AUGMENTATION = f"{VERSION}/augmentations/<job_id>"


class OperatorList(Reply):
    """What a dataset of this kind can be cleaned and augmented with, with every parameter's bounds."""

    cleaning: Sequence[Operator]
    augmentation: Sequence[Operator]


class NewCleaning(Body):
    operations: tuple[Operation, ...] = Field(min_length=1, max_length=50)


class _Copies(Body):
    operations: tuple[Operation, ...] = Field(min_length=1, max_length=50)
    probability: float = Field(default=1.0, gt=0, le=1)
    copies: int = Field(default=1, ge=1, le=MOST_COPIES)
    seed: int = Field(default=0, ge=0, lt=2**31)
    least_visible: float = Field(default=0.2, ge=0.01, le=1)


class NewAugmentation(_Copies):
    keep_originals: bool = True
    labels: tuple[str, ...] = Field(default=(), max_length=1_000)

    def settings(self, kind: DatasetKind) -> AugmentationSettings:
        return AugmentationSettings(limits=image_limits(kind), **self.model_dump())


class NewAugmentationPreview(_Copies):
    sample_ids: Sequence[int] = Field(min_length=1, max_length=4)

    def settings(self, kind: DatasetKind) -> AugmentationSettings:
        values = self.model_dump(exclude={"sample_ids"})
        return AugmentationSettings(limits=image_limits(kind), **values)


class PreviewList(Reply):
    items: Sequence[Preview]


@router.get(f"{PROJECT}/datasets/<dataset_id>/operators")
def list_operators(project_id: Id, dataset_id: Id) -> OperatorList:
    access = project_access(router, project_id, "datasets.read")
    kind = dataset_repository().get(access.scope, dataset_id).kind
    return OperatorList(
        cleaning=operators_for(kind, OperatorUse.CLEANING),
        augmentation=operators_for(kind, OperatorUse.AUGMENTATION),
    )


@router.post(f"{VERSION}/cleanings", status_code=202)
def post_cleaning(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewCleaning
) -> tuple[DerivationView, int]:
    access = project_access(router, project_id, "datasets.write")
    job = request_cleaning(
        key_within(access, dataset_id, version_number),
        body.operations,
        user_id=access.user_id,
        datasets=dataset_repository(),
        jobs=data_job_repository(),
        starting=data_job_queue(),
        new_id=new_id,
        now=utc_now,
    )
    return derivation_view(job), HTTPStatus.ACCEPTED


@router.post(f"{VERSION}/cleanings/previews")
def post_cleaning_preview(
    project_id: Id, dataset_id: Id, version_number: Number, body: PreviewOrder
) -> PreviewList:
    access = project_access(router, project_id, "datasets.read")
    items = preview_cleaning(
        key_within(access, dataset_id, version_number),
        body,
        datasets=dataset_repository(),
        samples=sample_repository(),
        data=data_store(),
    )
    return PreviewList(items=items)


@router.get(f"{VERSION}/cleanings")
def list_cleanings(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[DerivationView]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return _page(key, DataJobKind.CLEANING, limit, cursor)


@router.get(_CLEANING)
def get_cleaning(project_id: Id, dataset_id: Id, version_number: Number, job_id: Id) -> DerivationView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return derivation_view(job_of_kind(key, job_id, DataJobKind.CLEANING, jobs=data_job_repository()))


@router.post(f"{_CLEANING}/cancel")
def post_cleaning_cancel(
    project_id: Id, dataset_id: Id, version_number: Number, job_id: Id
) -> DerivationView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    return _cancelled(key, job_id, DataJobKind.CLEANING)


@router.post(f"{VERSION}/augmentations", status_code=202)
def post_augmentation(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewAugmentation
) -> tuple[DerivationView, int]:
    access = project_access(router, project_id, "datasets.write")
    kind = dataset_repository().get(access.scope, dataset_id).kind
    job = request_augmentation(
        key_within(access, dataset_id, version_number),
        body.settings(kind),
        quotas=quotas(),
        user_id=access.user_id,
        datasets=dataset_repository(),
        jobs=data_job_repository(),
        starting=data_job_queue(),
        new_id=new_id,
        now=utc_now,
    )
    return derivation_view(job), HTTPStatus.ACCEPTED


@router.post(f"{VERSION}/augmentations/previews")
def post_augmentation_preview(
    project_id: Id, dataset_id: Id, version_number: Number, body: NewAugmentationPreview
) -> PreviewList:
    access = project_access(router, project_id, "datasets.read")
    kind = dataset_repository().get(access.scope, dataset_id).kind
    items = preview_augmentation(
        key_within(access, dataset_id, version_number),
        PreviewOrder(sample_ids=body.sample_ids, operations=body.operations),
        body.settings(kind),
        datasets=dataset_repository(),
        samples=sample_repository(),
        data=data_store(),
    )
    return PreviewList(items=items)


@router.get(f"{VERSION}/augmentations")
def list_augmentations(
    project_id: Id, dataset_id: Id, version_number: Number, limit: Limit = 50, cursor: Cursor = None
) -> Page[DerivationView]:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return _page(key, DataJobKind.AUGMENTATION, limit, cursor)


@router.get(_AUGMENTATION)
def get_augmentation(project_id: Id, dataset_id: Id, version_number: Number, job_id: Id) -> DerivationView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.read")
    return derivation_view(job_of_kind(key, job_id, DataJobKind.AUGMENTATION, jobs=data_job_repository()))


@router.post(f"{_AUGMENTATION}/cancel")
def post_augmentation_cancel(
    project_id: Id, dataset_id: Id, version_number: Number, job_id: Id
) -> DerivationView:
    key = version_key(router, project_id, dataset_id, version_number, "datasets.write")
    return _cancelled(key, job_id, DataJobKind.AUGMENTATION)


def _page(key: VersionKey, kind: DataJobKind, limit: int, cursor: str | None) -> Page[DerivationView]:
    dataset_repository().version(key)
    purpose = f"{kind.value}/{key.scope.key}/{key.dataset_id}/{key.version_number}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = data_job_repository().page(key, kind, limit=limit, position=position)
    return Page(
        items=[derivation_view(job) for job in found],
        next_cursor=cursor_codec().encode(following, purpose=purpose),
    )


def _cancelled(key: VersionKey, job_id: int, kind: DataJobKind) -> DerivationView:
    job_of_kind(key, job_id, kind, jobs=data_job_repository())
    job = cancel_data_job(
        key,
        job_id,
        jobs=data_job_repository(),
        runtime=compute_gateway(),
        hooks=data_job_hooks(),
        events=event_publisher(),
        now=utc_now,
    )
    return derivation_view(job)
