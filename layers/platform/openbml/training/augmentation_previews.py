"""Previews of an augmentation: what training would see of a picture, before a run is started.

The operators are those of the training job, which need Pillow only: a function answers within a second.
"""

import base64
import binascii
import io
import random
from collections.abc import Sequence
from typing import Any

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.training.augmentation import checked_settings
from openbml.training.training_data import SampleContent, TrainingData
from openbml_catalog.augmentation import default_policies
from openbml_catalog.augmentation.settings import AugmentationMode, AugmentationSettings
from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.augmentation.augmenter import Augmenter
from openbml_formats.augmentation.scene import OBJECT, Scene
from openbml_formats.geometry import bounding_box
from openbml_formats.operators.affine import scaled
from openbml_formats.operators.pictures import PictureError, loaded
from openbml_formats.operators.regions import moved_annotation

MOST_PICTURES = 12
_MOST_CHARACTERS = 5_000_000  # of a picture's base64; a function's request has 6 MB
_SHOWN_SIDE = 400
_QUALITY = 80
_SMALL_SIDE, _LARGE_SIDE = 224, 512
# An image is shrunk to so many times the network's input before anything is done to it.
_DETAIL = 2
_WITH_MASKS = frozenset({"instance_segmentation", "semantic_segmentation"})
_IS_OBJECT = [0] + [OBJECT] * 255


class PreviewedSample(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    dataset_id: int = Field(ge=1, lt=2**53)
    version_number: int = Field(ge=1)
    sample_id: int = Field(ge=1, lt=2**53)


class AugmentationPreviewRequest(BaseModel):
    """What to show: of `image`, a jpg, png or bmp file as base64, or of a dataset's sample.

    Attributes:
        annotation: what is marked in the image; a sample has its own.
        input_size: the network's; magnitudes in pixels are of it. Absent: 224, of detection and segmentation
            512.
        seed: the same seed shows the same pictures.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_type: str = Field(max_length=50)
    augmentation: AugmentationSettings
    image: str | None = Field(default=None, max_length=_MOST_CHARACTERS)
    annotation: Annotation | None = None
    sample: PreviewedSample | None = None
    count: int = Field(default=4, ge=1, le=MOST_PICTURES)
    input_size: int | None = Field(default=None, ge=32, le=1024)
    seed: int = Field(default=0, ge=0, lt=2**31)


class AppliedOperator(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    magnitude: float


class AugmentedPicture(BaseModel):
    """A picture as a small JPEG in a data address.

    Attributes:
        width, height: of the whole picture, in whose pixels the annotation is.
        operators: what chance gave it, in order.
    """

    model_config = ConfigDict(frozen=True)

    image_url: str
    width: int
    height: int
    annotation: Annotation
    operators: Sequence[AppliedOperator] = ()


class AugmentationPreview(BaseModel):
    model_config = ConfigDict(frozen=True)

    original: AugmentedPicture
    pictures: Sequence[AugmentedPicture]


def preview_augmentation(
    request: AugmentationPreviewRequest, *, scope: ProjectScope, data: TrainingData
) -> AugmentationPreview:
    """Return what training would see of a picture, each time with other chances.

    Mosaic is shown with the picture itself in all four places; methods that mix two images of
    classification are not shown, their result is no picture of one class.

    Raises:
        InvalidRequestError: names the field and what is allowed; also of a file that is no picture.
        SampleNotFoundError and what else datasets raise of a sample.
    """
    if request.task_type not in default_policies():
        allowed = ", ".join(default_policies())
        raise InvalidRequestError(field="task_type", reason=f"must be one of {allowed}")
    settings = checked_settings(request.augmentation, request.task_type)
    if settings.mode is AugmentationMode.AUTO:
        raise InvalidRequestError(
            field="augmentation.mode", reason="auto has nothing to show before a run has searched"
        )
    size = request.input_size or (
        _SMALL_SIDE if default_policies()[request.task_type].crop_area else _LARGE_SIDE
    )
    field, content = _content(request, scope, data)
    image, annotation = _shrunk(_decoded(content.data, field), content.annotation, _DETAIL * size)
    with_masks = request.task_type in _WITH_MASKS
    scene, labels = _scene(image, annotation, with_masks=with_masks)
    augmenter = Augmenter(request.task_type, settings, size=size, labels=labels)
    pictures = []
    for number in range(request.count):
        done = augmenter.preview(scene, random.Random(f"{request.seed}/{number}"))
        operators = [AppliedOperator(name=name, magnitude=round(value, 4)) for name, value in done.operators]
        pictures.append(_picture(done.scene, labels, annotation.labels, operators))
    original = _shown(image, annotation)
    return AugmentationPreview(original=original, pictures=pictures)


def _content(
    request: AugmentationPreviewRequest, scope: ProjectScope, data: TrainingData
) -> tuple[str, SampleContent]:
    """Return the picture with the field that names it."""
    sample = request.sample
    if (request.image is None) == (sample is None):
        raise InvalidRequestError(field="image", reason="give either an image or a sample")
    if sample is not None:
        if request.annotation is not None:
            raise InvalidRequestError(field="annotation", reason="belongs to an image; a sample has its own")
        return "sample", data.sample_content(
            scope, sample.dataset_id, sample.version_number, sample.sample_id
        )
    try:
        content = base64.b64decode(request.image or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequestError(field="image", reason="must be base64") from error
    return "image", SampleContent(name="", data=content, annotation=request.annotation or Annotation())


def _decoded(data: bytes, field: str) -> Image.Image:
    try:
        image = loaded(data).image
    except PictureError as error:
        raise InvalidRequestError(field=field, reason=str(error)) from error
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _shrunk(image: Image.Image, annotation: Annotation, side: int) -> tuple[Image.Image, Annotation]:
    factor = side / max(image.size)
    if factor >= 1:
        return image, annotation
    size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    matrix = scaled(size[0] / image.width, size[1] / image.height)
    moved = moved_annotation(annotation, matrix, size, least_share=0.0).annotation
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), moved


def _scene(image: Image.Image, annotation: Annotation, *, with_masks: bool) -> tuple[Scene, Sequence[str]]:
    """Return the scene, and the labels that its classes number; regions without an extent are left out."""
    marked = [
        (region, box)
        for region in annotation.regions
        for box in [bounding_box(region)]
        if box is not None and box.width > 0 and box.height > 0
    ]
    labels = sorted({region.label for region, _ in marked})
    shapes = [_mask(region, box, image.size) for region, box in marked] if with_masks else []
    return (
        Scene(
            image,
            boxes=tuple((box.x1, box.y1, box.x2, box.y2) for _, box in marked),
            classes=tuple(labels.index(region.label) for region, _ in marked),
            masks=tuple(shapes),
        ),
        labels,
    )


def _mask(region: Region, box: Box, size: tuple[int, int]) -> Image.Image:
    mask = region.mask
    if mask is None:
        corners = ((box.x1, box.y1), (box.x2, box.y1), (box.x2, box.y2), (box.x1, box.y2))
        mask = masks.from_polygons(region.polygons or (corners,), *size)
    rows = Image.frombytes("L", (mask.width, mask.height), masks.to_rows(mask))
    return rows.resize(size, Image.Resampling.NEAREST).point(_IS_OBJECT)


def _picture(
    scene: Scene, labels: Sequence[str], classes: Sequence[str], operators: Sequence[AppliedOperator]
) -> AugmentedPicture:
    regions = []
    for place, (x1, y1, x2, y2) in enumerate(scene.boxes):
        shape: dict[str, Any] = {"box": Box(x1=x1, y1=y1, x2=x2, y2=y2)}
        if scene.masks:
            mask = scene.masks[place]
            shape["mask"] = masks.from_rows(mask.width, mask.height, mask.tobytes())
        regions.append(Region(label=labels[scene.classes[place]], **shape))
    annotation = Annotation(labels=tuple(classes), regions=tuple(regions))
    return _shown(scene.image, annotation).model_copy(update={"operators": tuple(operators)})


def _shown(image: Image.Image, annotation: Annotation) -> AugmentedPicture:
    small = image.copy()
    small.thumbnail((_SHOWN_SIDE, _SHOWN_SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    address = f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode('ascii')}"
    return AugmentedPicture(image_url=address, width=image.width, height=image.height, annotation=annotation)
