"""YOLOv3's cells: where predictions lie, which of them an annotated object trains, and what is minimised.

The published network minimises squared errors of the codes; here the boxes' own overlap is minimised (GIoU,
Rezatofighi et al. 2019, arXiv:1902.09630, measured there on YOLOv3), and an object also trains anchors that
fit it nearly as well as the best: both learn faster from few pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional
from torchvision.ops import box_iou, generalized_box_iou_loss

from openbml_deep.tasks.objects import Target

# A prediction that overlaps an object by more than this, and is not the one that it trains, counts for
# nothing (section 2.1 of the paper).
_IGNORED_OVERLAP = 0.5
# Overlap of shapes from which a further anchor is trained by an object.
_SHAPE_OVERLAP = 0.5
_LARGEST_GROWTH = 4.135  # exp of it is 1000 / 16, torchvision's limit for box codes
_BOX_WEIGHT = 2.0


class Cells(nn.Module):
    """Every place where a box is predicted: level by level, anchor by anchor, row by row."""

    corners: torch.Tensor  # (cells, 2): column and row
    strides: torch.Tensor  # (cells, 1)
    sides: torch.Tensor  # (cells, 2): the anchor's
    anchors: torch.Tensor  # (anchors, 2)

    def __init__(
        self, anchors: Sequence[Sequence[tuple[float, ...]]], *, strides: Sequence[int], size: int
    ) -> None:
        super().__init__()
        self._places: list[tuple[int, int, int]] = []  # of each anchor: stride, grid side, first cell
        corners, steps, sides, first = [], [], [], 0
        for stride, level in zip(strides, anchors, strict=True):
            grid = size // stride
            rows, columns = torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij")
            for anchor in level:
                self._places.append((stride, grid, first))
                corners.append(torch.stack((columns.flatten(), rows.flatten()), dim=1).float())
                steps.append(torch.full((grid * grid, 1), float(stride)))
                sides.append(torch.tensor(anchor).expand(grid * grid, 2))
                first += grid * grid
        for name, parts in (("corners", corners), ("strides", steps), ("sides", sides)):
            self.register_buffer(name, torch.cat(parts), persistent=False)
        every = [anchor for level in anchors for anchor in level]
        self.register_buffer("anchors", torch.tensor(every), persistent=False)

    def __len__(self) -> int:
        return len(self.corners)

    def boxes(self, raw: torch.Tensor) -> torch.Tensor:
        """Return the boxes, shape (n, cells, 4), of predictions of shape (n, cells, 5 + labels)."""
        centres = (raw[..., :2].sigmoid() + self.corners) * self.strides
        halves = self.sides * raw[..., 2:4].clamp(max=_LARGEST_GROWTH).exp() / 2
        return torch.cat((centres - halves, centres + halves), dim=-1)

    def at(self, centres: torch.Tensor, anchor: int) -> torch.Tensor:
        """Return the cell of an anchor in which each centre, shape (k, 2) in pixels, lies."""
        stride, grid, first = self._places[anchor]
        columns, rows = (centres / stride).long().clamp(0, grid - 1).unbind(dim=1)
        return first + rows * grid + columns


@dataclass(frozen=True)
class Assigned:
    """What the cells of one image shall say.

    Attributes:
        cells: shape (m,), those that an object trains, each once.
        boxes: shape (m, 4); classes: shape (m,); both of the object.
        counted: shape (cells,): whether a cell's objectness counts.
    """

    cells: torch.Tensor
    boxes: torch.Tensor
    classes: torch.Tensor
    counted: torch.Tensor


def assigned(target: Target, predicted: torch.Tensor, cells: Cells) -> Assigned:
    """Say which cells an image's objects train; of objects that meet in one cell the smallest has it.

    Args:
        predicted: shape (cells, 4), the boxes predicted now.
    """
    counted = torch.ones(len(cells), dtype=torch.bool, device=predicted.device)
    if not len(target.boxes):
        none = torch.zeros(0, dtype=torch.int64, device=predicted.device)
        return Assigned(none, predicted[:0].detach(), none, counted)
    sides = target.boxes[:, 2:] - target.boxes[:, :2]
    order = sides.prod(dim=1).argsort(descending=True, stable=True)
    boxes, classes, sides = target.boxes[order], target.classes[order], sides[order]
    overlaps = shape_overlaps(sides, cells.anchors)
    trained = (overlaps >= _SHAPE_OVERLAP) | (overlaps == overlaps.max(dim=1, keepdim=True).values)
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    owner = torch.full((len(cells),), -1, dtype=torch.int64, device=predicted.device)
    for anchor in range(len(cells.anchors)):
        objects = torch.where(trained[:, anchor])[0]
        owner.scatter_reduce_(0, cells.at(centres[objects], anchor), objects, "amax")
    owned = torch.where(owner >= 0)[0]
    counted = box_iou(boxes, predicted.detach()).amax(dim=0) <= _IGNORED_OVERLAP
    counted[owned] = True
    return Assigned(owned, boxes[owner[owned]], classes[owner[owned]], counted)


def shape_overlaps(sides: torch.Tensor, anchors: torch.Tensor) -> torch.Tensor:
    """Return IoU of boxes laid on one centre: sides of shape (k, 2) and (m, 2) → (k, m)."""
    common = torch.minimum(sides[:, None], anchors[None]).prod(dim=-1)
    return common / (sides.prod(dim=1)[:, None] + anchors.prod(dim=1)[None] - common)


def losses_of(
    raw: torch.Tensor, boxes: torch.Tensor, images: Sequence[Assigned]
) -> Mapping[str, torch.Tensor]:
    """Return the parts of the loss, each for one trained cell.

    Args:
        raw: shape (n, cells, 5 + labels), float32.
        boxes: shape (n, cells, 4), decoded from them.
    """
    count = max(1, sum(len(image.cells) for image in images))
    wanted = torch.zeros_like(raw[..., 4])
    for row, image in zip(wanted, images, strict=True):
        row[image.cells] = 1.0
    counted = torch.stack([image.counted for image in images])
    objectness = functional.binary_cross_entropy_with_logits(raw[..., 4], wanted, reduction="none")
    trained = torch.cat([each[image.cells] for each, image in zip(raw, images, strict=True)])
    own = torch.cat([each[image.cells] for each, image in zip(boxes, images, strict=True)])
    aims = torch.cat([image.boxes for image in images])
    classes = torch.cat([image.classes for image in images])
    each_class = functional.one_hot(classes, raw.shape[-1] - 5).to(raw.dtype)
    return {
        "objectness": (objectness * counted).sum() / count,
        "boxes": _BOX_WEIGHT * generalized_box_iou_loss(own, aims, reduction="sum") / count,
        "classes": functional.binary_cross_entropy_with_logits(trained[:, 5:], each_class, reduction="sum")
        / count,
    }
