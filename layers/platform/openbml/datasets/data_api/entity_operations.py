"""addentity: one sample at once, with or without labels (spec 02 section 8.5)."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field

from openbml.core.clock import Clock
from openbml.datasets.adding.add_samples import add_sample
from openbml.datasets.adding.contents import NewContent, image_content, text_content
from openbml.datasets.adding.intake import SampleIntake
from openbml.datasets.annotating.annotate import append_annotation, checked_for
from openbml.datasets.annotating.edits import AnnotationStore, Author, Edit, LabelNotFoundError
from openbml.datasets.data_api.callers import Caller
from openbml.datasets.data_api.errors import ParameterInvalidError
from openbml.datasets.data_api.replies import ApiReply
from openbml.datasets.data_api.requests import ApiRequest, Id, Typed
from openbml.datasets.data_api.version_operations import found_version
from openbml.datasets.datasets import Dataset, DatasetRepository, VersionKey
from openbml.datasets.jobs.data_jobs import DataJobRepository
from openbml.datasets.jobs.exports import check_not_exporting
from openbml.datasets.limits import IMAGE_BYTES
from openbml.datasets.samples import Sample, SampleRepository
from openbml.datasets.stored_objects import ObjectStore
from openbml_catalog.datasets import AnnotationForm, Content
from openbml_formats.annotations import Annotation, Box, Region

_LABEL_NAME = re.compile(r"[0-9A-Za-z_-]{1,20}\Z")
_SIMILARITY = ("0", "1")
_MOST_BASE64 = (IMAGE_BYTES + 2) // 3 * 4
_BLANKS = str.maketrans("", "", " \t\r\n")
Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]


class LabelGiven(ApiRequest):
    """A label of the manual; numbers are taken as they come, whole or not."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", hide_input_in_errors=True)

    label_name: str | None = None
    left: Coordinate | None = None
    top: Coordinate | None = None
    width: Annotated[Coordinate, Field(gt=0)] | None = None
    height: Annotated[Coordinate, Field(gt=0)] | None = None


class AddEntityRequest(Typed):
    dataset_id: Id
    entity_content: str
    labels: Sequence[LabelGiven] = ()
    append_label: bool = True


class EntityCollaborators(NamedTuple):
    datasets: DatasetRepository
    samples: SampleRepository
    intake: SampleIntake
    annotations: AnnotationStore
    jobs: DataJobRepository
    data: ObjectStore
    now: Clock


def add_entity(caller: Caller, request: AddEntityRequest, *, using: EntityCollaborators) -> ApiReply:
    """Add a sample, or append to or replace the labels of the one with the same content."""
    dataset, version = found_version(caller, request.dataset_id, datasets=using.datasets)
    _check_kind(dataset, request)
    check_not_exporting(version.key, jobs=using.jobs)
    annotation = _annotation(dataset, request.labels)
    content = _content(dataset, request.entity_content)
    _check_annotation(dataset, content, annotation)
    added = add_sample(
        dataset,
        version.key,
        content,
        user_id=caller.user_id,
        datasets=using.datasets,
        samples=using.samples,
        intake=using.intake,
        data=using.data,
        now=using.now,
    )
    if request.append_label and annotation.is_empty:
        return ApiReply()
    if request.append_label:
        append_annotation(
            version.key,
            added.sample.sample_id,
            annotation,
            user_id=caller.user_id,
            datasets=using.datasets,
            samples=using.samples,
            store=using.annotations,
        )
    else:
        _replace(dataset, version.key, added.sample, annotation, caller, using.annotations)
    return ApiReply()


def _check_kind(dataset: Dataset, request: AddEntityRequest) -> None:
    """Raises ParameterInvalidError: not a kind of single samples, or not the dataset's."""
    kind = request.kind
    if kind.content is Content.ROWS:
        raise ParameterInvalidError(field="type")
    if kind.api is None or dataset.kind.api is None or dataset.kind.api.type != kind.api.type:
        raise ParameterInvalidError(field="type")
    if dataset.kind.code != kind.code:
        raise ParameterInvalidError(field="template_type")


def _content(dataset: Dataset, given: str) -> NewContent:
    if dataset.kind.content is Content.IMAGE:
        return image_content(_decoded(given))
    texts = tuple(given.split("\t")) if dataset.kind.content is Content.PAIR else (given,)
    return text_content(texts, dataset)


def _decoded(given: str) -> bytes:
    """Return the bytes of Base64, which may be broken into lines but has no data-URL head."""
    text = given.translate(_BLANKS)
    if not text or len(text) > _MOST_BASE64:
        raise ParameterInvalidError(field="entity_content")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ParameterInvalidError(field="entity_content") from error


def _annotation(dataset: Dataset, labels: Sequence[LabelGiven]) -> Annotation:
    """Return what labels say, by the dataset's form.

    Raises:
        ParameterInvalidError: a name, a side of a box, several labels where there may be one.
        LabelNotFoundError: a pair is similar, 1, or not, 0.
    """
    kind = dataset.kind
    names = [_name(label) for label in labels]
    if kind.annotation_form is AnnotationForm.BOXES:
        return Annotation(regions=tuple(map(_region, labels)))
    if kind.annotation_form is AnnotationForm.SIMILARITY:
        for name in names:
            if name not in _SIMILARITY:
                raise LabelNotFoundError(label=name)
    if not kind.several and len(set(names)) > 1:
        raise ParameterInvalidError(field="labels")
    return Annotation(labels=tuple(dict.fromkeys(names)))


def _name(label: LabelGiven) -> str:
    if label.label_name is None or not _LABEL_NAME.match(label.label_name):
        raise ParameterInvalidError(field="labels.label_name")
    return label.label_name


def _region(label: LabelGiven) -> Region:
    for side in ("left", "top", "width", "height"):
        if getattr(label, side) is None:
            raise ParameterInvalidError(field=f"labels.{side}")
    left, top, width, height = label.left or 0, label.top or 0, label.width or 0, label.height or 0
    box = Box(x1=left, y1=top, x2=left + width, y2=top + height)
    return Region(label=label.label_name or "", box=box)


def _check_annotation(dataset: Dataset, content: NewContent, annotation: Annotation) -> None:
    """Refuse labels that the sample cannot take before anything is written. Raises InvalidAnnotationError."""
    width, height = (content.image.width, content.image.height) if content.image else (0, 0)
    about = Sample(
        sample_id=0,
        dataset_id=dataset.dataset_id,
        version_number=1,
        name="",
        sha256=content.sha256,
        size_bytes=content.size_bytes,
        texts=content.texts,
        width=width,
        height=height,
    )
    checked_for(dataset, about, annotation)


def _replace(
    dataset: Dataset,
    key: VersionKey,
    sample: Sample,
    annotation: Annotation,
    caller: Caller,
    store: AnnotationStore,
) -> None:
    checked, _ = checked_for(dataset, sample, annotation)
    edit = Edit(sample_id=sample.sample_id, annotation=checked)
    store.apply_edits(key, [edit], author=Author.human(caller.user_id), during_import=None)
