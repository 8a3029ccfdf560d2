"""From dense predictions to what was found: of each class the strongest boxes that do not cover others."""

from collections.abc import Sequence

import torch
from torch import nn
from torchvision.ops import batched_nms

from openbml_deep.tasks.objects import Found

# `DetectionNetwork.found`: at most so many, each of a score above this.
MOST_FOUND = 100
LOWEST_SCORE = 0.01
# Pairs of box and class that suppression compares; COCO's detectors take 400 to 1,000.
_CANDIDATES = 1000


def strongest(boxes: torch.Tensor, scores: torch.Tensor, *, size: int, iou_threshold: float) -> Found:
    """Return what is found in one image; traces to a graph in which only the number found varies.

    Args:
        boxes: shape (n, 4), x1 y1 x2 y2, cut at the square's border here.
        scores: shape (n, classes), in 0..1.
        size: side of the square.
        iou_threshold: a box that overlaps a stronger one of its class by more than this is dropped.
    """
    class_count = scores.shape[1]
    values, places = scores.flatten().topk(min(_CANDIDATES, scores.shape[0] * class_count))
    boxes = boxes[torch.div(places, class_count, rounding_mode="floor")].clamp(0, size)
    return suppressed(boxes, values, places % class_count, iou_threshold=iou_threshold)


def strongest_of_proposals(
    boxes: torch.Tensor, scores: torch.Tensor, *, size: int, iou_threshold: float
) -> Found:
    """Return what `strongest` returns where n varies from image to image, so that no graph fixes it."""
    values, class_count = scores.flatten(), scores.shape[1]
    places = torch.where(values > LOWEST_SCORE)[0]
    boxes = boxes[torch.div(places, class_count, rounding_mode="floor")].clamp(0, size)
    return suppressed(boxes, values[places], places % class_count, iou_threshold=iou_threshold)


def suppressed(
    boxes: torch.Tensor, scores: torch.Tensor, classes: torch.Tensor, *, iou_threshold: float
) -> Found:
    """Return the strongest of candidates: shapes (n, 4), (n,) and (n,)."""
    sides = boxes[:, 2:] - boxes[:, :2]
    likely = torch.where((scores > LOWEST_SCORE) & (sides > 0).all(dim=1))[0]
    boxes, scores, classes = boxes[likely], scores[likely], classes[likely]
    kept = batched_nms(boxes, scores, classes, iou_threshold)[:MOST_FOUND]
    return Found(boxes[kept], scores[kept], classes[kept])


def without_suppression(boxes: torch.Tensor, scores: torch.Tensor, *, size: int) -> Found:
    """Return the strongest pairs of box and class of a network whose predictions do not repeat one another.

    Args:
        boxes: shape (n, 4), x1 y1 x2 y2.
        scores: shape (n, classes), in 0..1.
    """
    class_count = scores.shape[1]
    values, places = scores.flatten().topk(min(MOST_FOUND, scores.shape[0] * class_count))
    boxes = boxes[torch.div(places, class_count, rounding_mode="floor")].clamp(0, size)
    likely = torch.where(values > LOWEST_SCORE)[0]
    return Found(boxes[likely], values[likely], (places % class_count)[likely])


class OneImageGraph(nn.Module):
    """What a detector exports: one image (1, 3, size, size) → boxes (k, 4), scores (k,), classes (k,).

    The network is put into evaluation mode, as it is served.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        found: Sequence[Found] = self.network.found(image)  # type: ignore[operator]
        return found[0].boxes, found[0].scores, found[0].classes
