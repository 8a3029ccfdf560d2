"""Which cells of SOLO's grids stand for which objects (Wang et al. 2020, arXiv:1912.04488, section 3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from openbml_deep.tasks.objects import Target

# Square root of the area of the objects of each level, as a share of the input's side.
_RANGES = ((0.0, 0.12), (0.06, 0.24), (0.12, 0.48), (0.24, 0.96), (0.48, float("inf")))
# Share of an object's sides around its centre whose cells stand for it.
_CENTRE = 0.2


@dataclass(frozen=True)
class Cells:
    """The cells that stand for objects of one image: all of shape (cells,), int64.

    Attributes:
        objects: place of the cell's mask in `masks`.
        masks: shape (objects, mask_size, mask_size), float32.
    """

    levels: torch.Tensor
    rows: torch.Tensor
    columns: torch.Tensor
    classes: torch.Tensor
    objects: torch.Tensor
    masks: torch.Tensor


def cells_of(target: Target, grids: Sequence[int], *, size: int, mask_size: int) -> Cells:
    """Return an image's cells; where two objects share one, the smaller object has it.

    Args:
        grids: cells a side of each level.
        size: side of the square input; boxes and masks are in its pixels.
    """
    if target.masks is None:
        raise ValueError("instance segmentation needs masks")
    device = target.boxes.device
    small = functional.interpolate(
        target.masks[:, None].float(), size=(mask_size, mask_size), mode="area"
    ).squeeze(1)
    chosen: dict[tuple[int, int, int], tuple[float, int]] = {}
    boxes = target.boxes.cpu()
    for number, (x, y) in enumerate(_centres(target)):
        width = float(boxes[number, 2] - boxes[number, 0])
        height = float(boxes[number, 3] - boxes[number, 1])
        area = width * height
        for level, (low, high) in enumerate(_RANGES):
            if not low <= area**0.5 / size < high:
                continue
            for cell in _centre_cells(grids[level], x / size, y / size, width / size, height / size):
                key = (level, *cell)
                if key not in chosen or area < chosen[key][0]:
                    chosen[key] = (area, number)
    places = torch.tensor(list(chosen), dtype=torch.int64, device=device).reshape(-1, 3)
    owners = torch.tensor([number for _, number in chosen.values()], dtype=torch.int64, device=device)
    return Cells(
        places[:, 0], places[:, 1], places[:, 2], target.classes[owners], owners, (small >= 0.5).float()
    )


def _centres(target: Target) -> list[tuple[float, float]]:
    """Return x, y of the centre of mass of each mask; of an empty one, that of its box."""
    assert target.masks is not None
    masks = target.masks.float()
    count = masks.sum(dim=(1, 2))
    places = torch.arange(masks.shape[-1], device=masks.device, dtype=torch.float32) + 0.5
    x = (masks.sum(dim=1) * places).sum(dim=1) / count.clamp(min=1)
    y = (masks.sum(dim=2) * places).sum(dim=1) / count.clamp(min=1)
    middle = (target.boxes[:, :2] + target.boxes[:, 2:]) / 2
    centres = torch.where((count > 0)[:, None], torch.stack([x, y], dim=1), middle.float())
    return [(float(across), float(down)) for across, down in centres.tolist()]


def _centre_cells(grid: int, x: float, y: float, width: float, height: float) -> list[tuple[int, int]]:
    """Return rows and columns of the cells of the centre, at most one beside that of the centre itself."""
    row, column = _cell(grid, y), _cell(grid, x)
    top, bottom = _cell(grid, y - _CENTRE * height / 2), _cell(grid, y + _CENTRE * height / 2)
    left, right = _cell(grid, x - _CENTRE * width / 2), _cell(grid, x + _CENTRE * width / 2)
    return [
        (down, across)
        for down in range(max(top, row - 1), min(bottom, row + 1) + 1)
        for across in range(max(left, column - 1), min(right, column + 1) + 1)
    ]


def _cell(grid: int, place: float) -> int:
    return min(grid - 1, max(0, int(place * grid)))
