"""Heat maps of the report: where in a picture a network looked, drawn over what it saw.

Classifiers: Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391) on the last feature map that the score
depends on; of a transformer its image tokens are that map. Detection and segmentation: Eigen-CAM (Muhammad
and Yeasin 2020, arXiv 2008.00299), the first principal component of the deepest stage's features, which
needs no gradient.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import nn

from openbml_deep.feature_maps import FeatureMap, recorded
from openbml_kit.images import Pixels
from openbml_kit.report_basis import EvaluatedSample

Heat = npt.NDArray[np.float32]
Note = Callable[[str, str], None]

FOLDER = "images"
MOST = 8
_SIDE = 320
_QUALITY = 82
_OPACITY = 0.55
# What a network that cannot be hooked, or a picture that does not fit into memory, may raise.
_FAULTS = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, OSError)


class HeatMapError(ValueError):
    """The network has no feature map that says where it looked."""


@dataclass(frozen=True)
class Seen:
    """A picture as the network sees it.

    Attributes:
        pixels: shape (size, size, 3).
        inputs: the same normalised, shape (1, 3, size, size), on the network's device.
        label: the label whose heat is drawn: what was found.
        class_index: its place among a classifier's outputs; of no use to detection and segmentation.
        shown: shares of the square's width and height that hold the picture; the rest is filling.
    """

    sample: EvaluatedSample
    pixels: Pixels
    inputs: torch.Tensor
    label: str
    class_index: int = 0
    shown: tuple[float, float] = (1.0, 1.0)


def classifier_heat_maps(
    network: nn.Module, seen: Sequence[Seen], folder: Path, *, note: Note
) -> list[dict[str, str]]:
    """Write at most 8 pictures to `folder/images` and return their rows of the report."""
    return _written(seen, folder, lambda row: grad_cam(network, row.inputs, row.class_index), note)


def finder_heat_maps(
    network: nn.Module,
    find: Callable[[torch.Tensor], object],
    seen: Sequence[Seen],
    folder: Path,
    *,
    note: Note,
) -> list[dict[str, str]]:
    """Likewise for detection and segmentation; `find` runs the network on one input."""
    return _written(seen, folder, lambda row: eigen_cam(network, find, row.inputs), note)


def grad_cam(network: nn.Module, inputs: torch.Tensor, class_index: int) -> Heat:
    """Return where the class's score comes from, shape (side, side), 0 to 1.

    Raises:
        HeatMapError: the score depends on no feature map.
    """
    network.eval()
    with torch.enable_grad(), recorded(network) as maps:
        logits = network(inputs.detach().clone().requires_grad_())
        kept = [row for row in maps.last if row.output.requires_grad]
        slopes = torch.autograd.grad(logits[0, class_index], [row.output for row in kept], allow_unused=True)
    for row, slope in reversed(list(zip(kept, slopes, strict=True))):
        # The last layers of some transformers use the class token only: its image tokens have no slope.
        if slope is not None and bool(row.grid(slope).abs().sum() > 0):
            return _weighted(row, slope)
    raise HeatMapError("the score depends on no feature map")


def eigen_cam(network: nn.Module, find: Callable[[torch.Tensor], object], inputs: torch.Tensor) -> Heat:
    """Return what stands out in the deepest stage's features, shape (side, side), 0 to 1.

    Raises:
        HeatMapError: the network has no feature map.
    """
    network.eval()
    with torch.no_grad(), recorded(network) as maps:
        find(inputs)
        deepest = maps.widest
        if deepest is None:
            raise HeatMapError("the network has no feature map")
        features = deepest.grid(deepest.output).float().flatten(1)
        centred = features - features.mean(dim=1, keepdim=True)
        direction = torch.linalg.svd(centred, full_matrices=False).U[:, 0]
        heat = (direction @ centred).reshape(deepest.side, deepest.side)
    # A component has no sign of its own: what stands out is the smaller part of the picture.
    return _between(heat if float((heat**3).sum()) >= 0 else -heat)


def _weighted(row: FeatureMap, slope: torch.Tensor) -> Heat:
    features, slopes = row.grid(row.output.detach()).float(), row.grid(slope).float()
    weights = slopes.mean(dim=(1, 2), keepdim=True)
    heat = (weights * features).sum(dim=0)
    if not bool((heat > 0).any()):
        # Nothing speaks for the class on the whole; place by place something may (Draelos and Carin 2020,
        # arXiv 2011.08891).
        heat = (slopes * features).clamp(min=0).sum(dim=0)
    return _between(heat)


def _between(heat: torch.Tensor) -> Heat:
    values = heat.clamp(min=0)
    top = float(values.max())
    scaled = values / top if top > 0 else values
    return np.asarray(scaled.cpu().numpy(), dtype=np.float32)


def overlay(pixels: Pixels, heat: Heat, shown: tuple[float, float] = (1.0, 1.0)) -> Image.Image:
    """Return the picture, less its filling, with the heat over it: blue is cold, red is hot."""
    size = tuple(max(1, round(_SIDE * share)) for share in shown)

    def part(image: Image.Image, how: Image.Resampling) -> Image.Image:
        box = (0.0, 0.0, image.width * shown[0], image.height * shown[1])
        return image.resize(size, how, box=box)

    picture = part(Image.fromarray(pixels), Image.Resampling.BILINEAR)
    warm = part(Image.fromarray(heat), Image.Resampling.BICUBIC)
    level = np.clip(np.asarray(warm), 0, 1)[..., None]
    # Triangles of red, green and blue along the scale, as the jet scale has them.
    centres = np.array([1.0, 0.5, 0.0], dtype=np.float32)
    colours = np.clip(1.5 - 3 * np.abs(level - centres), 0, 1) * 255
    opacity = _OPACITY * (0.25 + 0.75 * level)
    mixed = np.asarray(picture, dtype=np.float32) * (1 - opacity) + colours * opacity
    return Image.fromarray(mixed.round().astype(np.uint8))


def _written(
    seen: Sequence[Seen], folder: Path, heat_of: Callable[[Seen], Heat], note: Note
) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(seen[:MOST]):
        file = f"{FOLDER}/heat-{number:02d}.jpg"
        try:
            overlay(row.pixels, heat_of(row), row.shown).save(folder / file, "JPEG", quality=_QUALITY)
        except _FAULTS as error:
            note("warning", f"no heat maps of this network: {error}")
            break
        sample = row.sample
        rows.append({"sample_id": sample.sample_id, "name": sample.name, "label": row.label, "file": file})
    return rows
