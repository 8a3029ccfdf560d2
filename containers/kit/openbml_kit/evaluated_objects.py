"""What detection and instance segmentation hand to their report: truth and findings, image by image.

Boxes are x1, y1, x2, y2 in pixels of the original image. A mask is COCO's compressed run-length text of the
whole original image (column by column, zeros first), as `pycocotools.mask.encode` and
`openbml_kit.run_lengths.encode_mask` write it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from openbml_kit.report_basis import EvaluatedSample

Boxes = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
# COCO's names: overlap is measured by boxes or by masks.
IouType = Literal["bbox", "segm"]


def _no_boxes() -> Boxes:
    return np.zeros((0, 4))


def _no_scores() -> Scores:
    return np.zeros(0)


def _no_classes() -> Classes:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class TrueObjects:
    """The annotated objects of an image; k may be 0.

    Attributes:
        boxes: shape `(k, 4)`.
        classes: shape `(k,)`, index of the label from 0.
        crowd: shape `(k,)`, COCO's `iscrowd`: counts neither as found nor as missed. None: there is none.
        masks: k texts; empty where the task has no masks.
    """

    boxes: Boxes = field(default_factory=_no_boxes)
    classes: Classes = field(default_factory=_no_classes)
    crowd: Flags | None = None
    masks: Sequence[str] = ()

    @property
    def is_crowd(self) -> Flags:
        return np.zeros(len(self.classes), dtype=np.bool_) if self.crowd is None else self.crowd


@dataclass(frozen=True)
class FoundObjects:
    """What the network found in an image, in any order; k may be 0.

    Attributes:
        boxes: shape `(k, 4)`.
        scores: shape `(k,)`, 0 to 1.
        classes: shape `(k,)`, index of the label from 0.
        masks: k texts; empty where the task has no masks.
    """

    boxes: Boxes = field(default_factory=_no_boxes)
    scores: Scores = field(default_factory=_no_scores)
    classes: Classes = field(default_factory=_no_classes)
    masks: Sequence[str] = ()


@dataclass(frozen=True)
class EvaluatedImage:
    sample: EvaluatedSample
    width: int
    height: int
    true: TrueObjects
    found: FoundObjects
