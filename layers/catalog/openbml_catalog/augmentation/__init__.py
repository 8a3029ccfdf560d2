"""Training-time augmentation: operators, methods that mix images, and what each task does by default."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document

LEVELS = 10


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Magnitude(_Row):
    """What a range is chosen of.

    Attributes:
        low, high: what is allowed.
        default: the range where a setting gives none.
        level_0, level_10: values at the ends of the level scale, weakest and strongest.
        whole: whole numbers only.
    """

    unit: str
    low: float
    high: float
    whole: bool = False
    default: tuple[float, float]
    level_0: float
    level_10: float
    meaning_en: str
    meaning_zh: str

    def at_level(self, level: float) -> float:
        """Return the magnitude of a level, 0 to 10."""
        return self.level_0 + (self.level_10 - self.level_0) * level / LEVELS


class Operator(_Row):
    """An operator of the manual (spec 03 section 2.9); `probability` is that of a setting that gives none."""

    name: str
    tasks: tuple[str, ...]
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str
    probability: float
    magnitude: Magnitude | None


class Strength(_Row):
    low: float
    high: float
    default: float


class MixingMethod(_Row):
    """A method that makes one training image of several."""

    name: str
    tasks: tuple[str, ...]
    label_en: str
    label_zh: str
    help_en: str
    help_zh: str
    probability: float
    strength: Strength | None


class DefaultPolicy(_Row):
    """What a task does by default.

    Attributes:
        flip: none or horizontal, with probability 0.5.
        tone: greatest change of brightness and of contrast, as a share.
        crop_area, crop_ratio: share of the image and sides' ratio of a random crop (classification).
        scale, shape: zoom of the image in its square, 1 fits it, and stretch of its width against its height
            (detection, segmentation).
    """

    task: str
    flip: str
    tone: float
    crop_area: tuple[float, float] | None = None
    crop_ratio: tuple[float, float] | None = None
    scale: tuple[float, float] | None = None
    shape: tuple[float, float] | None = None


@cache
def augmentation_operators() -> Mapping[str, Operator]:
    """Return all operators by name, in the order forms show them."""
    return {row["name"]: Operator.model_validate(row) for row in _document()["operators"]}


@cache
def mixing_methods() -> Mapping[str, MixingMethod]:
    return {row["name"]: MixingMethod.model_validate(row) for row in _document()["mixing"]}


@cache
def default_policies() -> Mapping[str, DefaultPolicy]:
    """Return the default policy of each task that can be augmented."""
    return {row["task"]: DefaultPolicy.model_validate(row) for row in _document()["defaults"]}


def operators_of(task: str) -> Mapping[str, Operator]:
    """Return what a task can choose from; none where it cannot be augmented."""
    return {name: row for name, row in augmentation_operators().items() if task in row.tasks}


@cache
def _document() -> Mapping[str, list[dict[str, Any]]]:
    document: Mapping[str, list[dict[str, Any]]] = load_document("augmentation", "augmentation.yaml")
    return document
