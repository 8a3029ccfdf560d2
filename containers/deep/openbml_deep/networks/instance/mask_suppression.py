"""From kernels or queries to the strongest masks; those of kernels are thinned out by Matrix NMS.

Source: Wang et al. 2020, arXiv:2003.10152, section 3.4.
"""

import torch

from openbml_deep.networks.detection.suppression import LOWEST_SCORE, MOST_FOUND
from openbml_deep.tasks.objects import Found

# Candidates whose masks are drawn and compared.
_CANDIDATES = 200
_SIGMA = 2.0


def strongest_masks(
    scores: torch.Tensor, kernels: torch.Tensor, features: torch.Tensor, *, size: int
) -> Found:
    """Return what is found in one image; traces to a graph in which only the number found varies.

    Args:
        scores: shape (cells, labels), in 0..1.
        kernels: shape (cells, c).
        features: shape (c, h, w).
        size: side of the square input; boxes are in its pixels.

    Returns:
        Masks of shape (k, h, w) in 0..1.
    """
    label_count, height, width = scores.shape[1], features.shape[1], features.shape[2]
    values, places = scores.flatten().topk(min(_CANDIDATES, scores.shape[0] * label_count))
    classes = places % label_count
    cells = torch.div(places, label_count, rounding_mode="floor")
    drawn = (kernels[cells] @ features.flatten(1)).sigmoid()
    solid = (drawn > 0.5).to(drawn.dtype)
    values = values * _certainty(drawn)
    values, order = values.sort(descending=True)
    classes, drawn, solid = classes[order], drawn[order], solid[order]
    values = values * _decay(solid, classes)
    values, order = values.topk(min(MOST_FOUND, values.shape[0]))
    kept = torch.where(values > LOWEST_SCORE)[0]
    order = order[kept]
    masks = drawn[order].unflatten(1, (height, width))
    return Found(_outlines(masks, size), values[kept], classes[order], masks)


def strongest_queries(scores: torch.Tensor, masks: torch.Tensor, *, size: int) -> Found:
    """Return the strongest pairs of mask and class of a network whose masks do not repeat one another.

    Args:
        scores: shape (queries, labels), in 0..1.
        masks: shape (queries, h, w), in 0..1.
        size: side of the square input; boxes are in its pixels.
    """
    label_count = scores.shape[1]
    values, places = scores.flatten().topk(min(MOST_FOUND, scores.shape[0] * label_count))
    chosen = masks[torch.div(places, label_count, rounding_mode="floor")]
    values = values * _certainty(chosen.flatten(1))
    values, order = values.sort(descending=True)
    kept = torch.where(values > LOWEST_SCORE)[0]
    order = order[kept]
    return Found(_outlines(chosen[order], size), values[kept], (places % label_count)[order], chosen[order])


def _certainty(drawn: torch.Tensor) -> torch.Tensor:
    """Return how sure masks of shape (n, pixels) are of their own pixels; 0 for one without any."""
    solid = (drawn > 0.5).to(drawn.dtype)
    return (drawn * solid).sum(dim=1) / solid.sum(dim=1).clamp(min=1)


def _decay(solid: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Return by how much each score shrinks for stronger masks of its class that cover the same pixels.

    Shapes: solid (n, pixels), the strongest first; classes (n,).
    """
    shared = solid @ solid.T
    areas = solid.sum(dim=1)
    overlap = shared / (areas[:, None] + areas[None] - shared).clamp(min=1)
    overlap = (overlap * (classes[:, None] == classes[None])).triu(diagonal=1)
    covered = overlap.max(dim=0).values
    decay = torch.exp(-_SIGMA * (overlap.square() - covered.square()[:, None]))
    return decay.min(dim=0).values.clamp(max=1)


def _outlines(masks: torch.Tensor, size: int) -> torch.Tensor:
    """Return the boxes around masks of at least one pixel, in pixels of the input, shape (k, 4)."""
    solid = (masks > 0.5).to(masks.dtype)
    across, down = solid.amax(dim=1), solid.amax(dim=2)
    x = torch.arange(masks.shape[2], device=masks.device, dtype=masks.dtype)
    y = torch.arange(masks.shape[1], device=masks.device, dtype=masks.dtype)
    far = float(size)
    left = (x + (1 - across) * far).amin(dim=1)
    right = (across * (x + 1)).amax(dim=1)
    top = (y + (1 - down) * far).amin(dim=1)
    bottom = (down * (y + 1)).amax(dim=1)
    return torch.stack([left, top, right, bottom], dim=1) * (size / masks.shape[2])
