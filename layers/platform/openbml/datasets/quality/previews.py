"""Previews: what operations make of a few samples, before a job does it to all of them."""

import base64
import io
from collections.abc import Sequence

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from openbml.datasets.datasets import DatasetRepository, VersionKey
from openbml.datasets.listed_samples import listed
from openbml.datasets.quality.checked_orders import checked_order
from openbml.datasets.samples import SampleRepository
from openbml.datasets.stored_objects import ObjectStore, blob_key
from openbml_catalog.datasets import Content, DatasetKind
from openbml_catalog.datasets.operators import OperatorUse
from openbml_formats.annotations import Annotation
from openbml_formats.derivations import AugmentationSettings
from openbml_formats.listings import ListedSample
from openbml_formats.operators.augmentation import augmented
from openbml_formats.operators.cleaning import Cleaner
from openbml_formats.operators.operations import Operation
from openbml_formats.operators.pictures import Loaded, PictureError, loaded
from openbml_formats.operators.pipelines import Work

PREVIEW_SAMPLES = 4
PREVIEW_COPIES = 3
_SHOWN_SIDE = 400
_QUALITY = 80


class PreviewSide(BaseModel):
    """A sample before or after: `image_url` is a data address of a smaller picture.

    Attributes:
        width, height: of the whole image; the annotation is in its coordinates.
    """

    model_config = ConfigDict(frozen=True)

    texts: Sequence[str] = ()
    annotation: Annotation
    image_url: str | None = None
    width: int = 0
    height: int = 0


class PreviewDrop(BaseModel):
    """Why the new version would not have the sample; `operation` is empty for damage."""

    model_config = ConfigDict(frozen=True)

    operation: str
    reason: str
    message: str


class Preview(BaseModel):
    """What becomes of one sample.

    Attributes:
        after: one version of it, several copies of an augmentation, or none where it is dropped.
        operations: what changed something, for each of `after`.
    """

    model_config = ConfigDict(frozen=True)

    sample_id: int
    name: str
    before: PreviewSide
    after: Sequence[PreviewSide] = ()
    operations: Sequence[Sequence[str]] = ()
    dropped: PreviewDrop | None = None


class PreviewOrder(BaseModel):
    """What to try on which samples; those of augmentation are left out for a cleaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sample_ids: Sequence[int] = Field(min_length=1, max_length=PREVIEW_SAMPLES)
    operations: tuple[Operation, ...] = Field(max_length=50)


def preview_cleaning(
    key: VersionKey,
    order: PreviewOrder,
    *,
    datasets: DatasetRepository,
    samples: SampleRepository,
    data: ObjectStore,
) -> Sequence[Preview]:
    """Show what a cleaning would do; duplicates are found among the shown samples only.

    Raises:
        InvalidRequestError, DatasetNotFoundError, DatasetVersionNotFoundError, SampleNotFoundError
    """
    kind = datasets.get(key.scope, key.dataset_id).kind
    operations = checked_order(order.operations, kind=kind, use=OperatorUse.CLEANING)
    cleaner = Cleaner(operations, kind.content)
    return [
        _cleaned(cleaner, sample, content)
        for sample, content in _chosen(key, order, kind, datasets=datasets, samples=samples, data=data)
    ]


def preview_augmentation(
    key: VersionKey,
    order: PreviewOrder,
    settings: AugmentationSettings,
    *,
    datasets: DatasetRepository,
    samples: SampleRepository,
    data: ObjectStore,
) -> Sequence[Preview]:
    """Show the first copies that an augmentation with these settings would make.

    Raises:
        InvalidRequestError, DatasetNotFoundError, DatasetVersionNotFoundError, SampleNotFoundError
    """
    kind = datasets.get(key.scope, key.dataset_id).kind
    operations = checked_order(order.operations, kind=kind, use=OperatorUse.AUGMENTATION)
    checked = settings.model_copy(update={"operations": operations})
    return [
        _augmented(checked, sample, content, kind.content)
        for sample, content in _chosen(key, order, kind, datasets=datasets, samples=samples, data=data)
    ]


def _chosen(
    key: VersionKey,
    order: PreviewOrder,
    kind: DatasetKind,
    *,
    datasets: DatasetRepository,
    samples: SampleRepository,
    data: ObjectStore,
) -> Sequence[tuple[ListedSample, bytes | None]]:
    datasets.version(key)
    chosen = []
    for sample_id in dict.fromkeys(order.sample_ids):
        sample = samples.get(key, sample_id)
        known = listed(sample, samples.annotation_of(key.scope, sample))
        is_image = kind.content is Content.IMAGE
        chosen.append((known, data.read(blob_key(key.scope, sample.sha256)) if is_image else None))
    return chosen


def _cleaned(cleaner: Cleaner, sample: ListedSample, content: bytes | None) -> Preview:
    result = cleaner.clean(sample, content)
    before = _before(sample, content)
    drop = result.drop
    if drop is not None:
        dropped = PreviewDrop(operation=drop.operation, reason=drop.reason, message=drop.message)
        return Preview(sample_id=sample.sample_id, name=sample.name, before=before, dropped=dropped)
    after = _after(result.work) if result.work.is_changed else before
    return Preview(
        sample_id=sample.sample_id,
        name=sample.name,
        before=before,
        after=[after],
        operations=[result.work.done],
    )


def _augmented(
    settings: AugmentationSettings, sample: ListedSample, content: bytes | None, kind: Content
) -> Preview:
    try:
        opened = loaded(content) if content is not None else None
    except PictureError as error:
        dropped = PreviewDrop(operation="", reason=error.reason, message=str(error))
        before = _before(sample, content)
        return Preview(sample_id=sample.sample_id, name=sample.name, before=before, dropped=dropped)
    copies = [
        augmented(sample, opened, settings, copy=copy, content=kind)
        for copy in range(min(settings.copies, PREVIEW_COPIES))
    ]
    return Preview(
        sample_id=sample.sample_id,
        name=sample.name,
        before=_side(sample.texts, sample.annotation, opened),
        after=[_after(copy) for copy in copies],
        operations=[copy.done for copy in copies],
    )


def _before(sample: ListedSample, content: bytes | None) -> PreviewSide:
    try:
        opened = loaded(content) if content is not None else None
    except PictureError:
        opened = None  # the reason stands in the preview
    return _side(sample.texts, sample.annotation, opened)


def _side(texts: Sequence[str], annotation: Annotation, opened: Loaded | None) -> PreviewSide:
    if opened is None:
        return PreviewSide(texts=texts, annotation=annotation)
    return _pictured(annotation, opened.image)


def _after(work: Work) -> PreviewSide:
    if work.image is None:
        return PreviewSide(texts=work.texts, annotation=work.annotation)
    return _pictured(work.annotation, work.image)


def _pictured(annotation: Annotation, image: Image.Image) -> PreviewSide:
    small = image.convert("RGB")
    small.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    address = f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
    return PreviewSide(annotation=annotation, image_url=address, width=image.width, height=image.height)
