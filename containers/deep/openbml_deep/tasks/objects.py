"""What is in an image, and what a network found in it: the words every task, network and report shares.

Pixels of an `AnnotatedImage` are those of the original image; pixels of a `Target` and of a `Found` are
those of the network's square input. `openbml_kit.letterbox` converts between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openbml_kit.snapshots import Extent

if TYPE_CHECKING:  # what reads and splits images needs no torch, and is tested without it
    import torch

# Value of a pixel, in a map of classes, that counts for nothing.
IGNORED = 255
# Class 0 of a semantic map; label number i of a job is class i + 1.
BACKGROUND = 0


@dataclass(frozen=True)
class Region:
    """One annotated object in pixels of the original image.

    Attributes:
        class_index: place of its label among the job's labels, from 0.
        box: x1, y1, x2, y2; always there, of polygons and bitmaps it is their outline.
        polygons: rings of x, y, x, y, ...; several where the object is cut into parts.
        mask_counts: COCO's uncompressed run lengths (column by column, zeros first) of a bitmap.
        crowd: COCO's `iscrowd`: it counts neither as found nor as missed.
    """

    class_index: int
    box: tuple[float, float, float, float]
    polygons: tuple[tuple[float, ...], ...] = ()
    mask_counts: tuple[int, ...] = ()
    crowd: bool = False


@dataclass(frozen=True)
class AnnotatedImage:
    """A readable sample of a snapshot; its bytes are read again from the shard when they are needed.

    Attributes:
        classes: classes of the whole image, or the classes of its regions, each once, in rising order.
    """

    sample_id: str
    name: str
    extent: Extent
    sha256: str
    width: int
    height: int
    classes: tuple[int, ...] = ()
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Target:
    """What one image of a detection or instance segmentation batch holds.

    Shapes: boxes (k, 4) float32, x1 y1 x2 y2; classes (k,) int64, from 0; masks (k, size, size) uint8 of 0
    and 1, None where the task has none. k may be 0.
    """

    boxes: "torch.Tensor"
    classes: "torch.Tensor"
    masks: "torch.Tensor | None" = None

    def to(self, device: "torch.device") -> "Target":
        masks = None if self.masks is None else self.masks.to(device, non_blocking=True)
        return Target(
            self.boxes.to(device, non_blocking=True), self.classes.to(device, non_blocking=True), masks
        )


@dataclass(frozen=True)
class Found:
    """What a network found in one image, the most certain first.

    Shapes: boxes (k, 4) float32; scores (k,) float32 in 0..1; classes (k,) int64, from 0; masks (k, size,
    size) bool or None.
    """

    boxes: "torch.Tensor"
    scores: "torch.Tensor"
    classes: "torch.Tensor"
    masks: "torch.Tensor | None" = None


def classes_of(regions: Sequence[Region]) -> tuple[int, ...]:
    """Return the classes that occur, each once, in rising order."""
    return tuple(sorted({region.class_index for region in regions}))
