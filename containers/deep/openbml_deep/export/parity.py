"""How far a graph's answers are from the trained network's on real samples."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import nn

from openbml_deep.export.graphs import Activation
from openbml_deep.networks.interfaces import DetectionNetwork, SemanticNetwork
from openbml_deep.tasks.objects import Found
from openbml_kit.model_manifest import Outputs

# Of a probability: serving prints scores, and a difference below this changes no answer a user could see.
SCORE_TOLERANCE = 1e-4
# Suppression and the choice of the best candidates pass on differences of their inputs.
OBJECT_TOLERANCE = 1e-3
LEAST_IOU = 0.99
# Share of objects without a partner: where a network chooses its best proposals among hundreds that score
# alike, as one that has hardly trained does, the last bit decides which are looked at.
MOST_ALONE = 0.02
# What a network's answer is cut to: `DetectionNetwork.found`.
_MOST_OBJECTS = 100
_LEAST_OBJECT_SCORE = 0.01
# Pixels between two classes may change sides with the last bit of a score.
LEAST_PIXEL_AGREEMENT = 0.999


@dataclass(frozen=True)
class Difference:
    """What was compared; `refusal` says why the two differ too much, None where they do not.

    Attributes:
        pixel_agreement: share of equal pixels; of masks, over the pixels that either mask of a pair holds.
    """

    max_abs_diff: float
    tolerance: float
    samples: int
    objects: int | None = None
    least_iou: float | None = None
    pixel_agreement: float | None = None
    refusal: str | None = None


def difference_of(
    network: nn.Module, exported: nn.Module, samples: torch.Tensor, outputs: Outputs, activation: Activation
) -> Difference:
    """Compare on images of shape (n, 3, size, size); both are networks of the kind of `outputs`."""
    with torch.inference_mode():
        if outputs.kind == "scores":
            return _scores(network, exported, samples, activation)
        if outputs.kind == "class_scores":
            return _pixels(cast(SemanticNetwork, network), cast(SemanticNetwork, exported), samples)
        return _objects(cast(DetectionNetwork, network), cast(DetectionNetwork, exported), samples)


def _scores(
    network: nn.Module, exported: nn.Module, samples: torch.Tensor, activation: Activation
) -> Difference:
    """In one batch and one by one: a graph may have kept what is true of its example only."""
    expected = _activated(network(samples), activation)
    together = _activated(exported(samples), activation)
    alone = torch.cat([_activated(exported(image[None]), activation) for image in samples])
    largest = max(float((answer - expected).abs().max()) for answer in (together, alone))
    refusal = None
    if not largest <= SCORE_TOLERANCE:
        refusal = f"scores differ from torch by {largest:.3g}, allowed is {SCORE_TOLERANCE:g}"
    return Difference(largest, SCORE_TOLERANCE, len(samples), refusal=refusal)


def _activated(logits: torch.Tensor, activation: Activation) -> torch.Tensor:
    return torch.softmax(logits, dim=1) if activation == "softmax" else torch.sigmoid(logits)


def _pixels(network: SemanticNetwork, exported: SemanticNetwork, samples: torch.Tensor) -> Difference:
    largest, agreement = 0.0, 1.0
    for image in samples:
        expected = torch.softmax(network.logits(image[None]), dim=1)
        given = torch.softmax(exported.logits(image[None]), dim=1)
        largest = max(largest, float((given - expected).abs().max()))
        equal = (given.argmax(dim=1) == expected.argmax(dim=1)).float().mean()
        agreement = min(agreement, float(equal))
    refusal = None
    if not (largest <= OBJECT_TOLERANCE and agreement >= LEAST_PIXEL_AGREEMENT):
        refusal = f"scores of pixels differ from torch by {largest:.3g}, {agreement:.2%} of the classes agree"
    return Difference(largest, OBJECT_TOLERANCE, len(samples), pixel_agreement=agreement, refusal=refusal)


@dataclass
class _Pairs:
    """Objects of two answers to the same images, paired one to one."""

    count: int = 0
    alone: int = 0
    score_difference: float = 0.0
    least_iou: float = 1.0
    equal_pixels: int = 0
    held_pixels: int = 0

    @property
    def pixel_agreement(self) -> float:
        return self.equal_pixels / self.held_pixels if self.held_pixels else 1.0

    def add(self, expected: Found, given: Found) -> None:
        overlaps = _overlaps(expected.boxes, given.boxes)
        overlaps[expected.classes[:, None] != given.classes[None]] = -1
        free = set(range(len(given.scores)))
        # An object at the cut of either answer may be in one of them only.
        certain_from = max(_cut(expected), _cut(given)) + OBJECT_TOLERANCE
        for index in range(len(expected.scores)):
            rivals = [other for other in free if overlaps[index, other] >= LEAST_IOU]
            if not rivals:
                self.alone += bool(expected.scores[index] > certain_from)
                continue
            score = float(expected.scores[index])
            best = min(rivals, key=lambda other: abs(float(given.scores[other]) - score))
            free.discard(best)
            self._pair(expected, index, given, best, float(overlaps[index, best]))
        self.alone += sum(bool(given.scores[index] > certain_from) for index in free)

    def _pair(self, expected: Found, index: int, given: Found, other: int, overlap: float) -> None:
        self.count += 1
        self.least_iou = min(self.least_iou, overlap)
        difference = abs(float(expected.scores[index]) - float(given.scores[other]))
        self.score_difference = max(self.score_difference, difference)
        if expected.masks is not None and given.masks is not None:
            mine, theirs = expected.masks[index].bool(), given.masks[other].bool()
            self.held_pixels += int((mine | theirs).sum())
            self.equal_pixels += int((mine & theirs).sum())


def _objects(network: DetectionNetwork, exported: DetectionNetwork, samples: torch.Tensor) -> Difference:
    pairs, has_masks = _Pairs(), False
    for image in samples:
        (expected,), (given,) = network.found(image[None]), exported.found(image[None])
        pairs.add(expected, given)
        has_masks = expected.masks is not None
    return Difference(
        pairs.score_difference,
        OBJECT_TOLERANCE,
        len(samples),
        objects=pairs.count,
        least_iou=pairs.least_iou if pairs.count else None,
        pixel_agreement=pairs.pixel_agreement if has_masks else None,
        refusal=_refusal(pairs, with_masks=has_masks),
    )


def _refusal(pairs: _Pairs, *, with_masks: bool) -> str | None:
    if pairs.alone > MOST_ALONE * (pairs.count + pairs.alone):
        return (
            f"{pairs.alone} objects of torch or of the graph have no partner of the same class with an IoU "
            f"of {LEAST_IOU} in the other's answer, {pairs.count} have"
        )
    if not pairs.score_difference <= OBJECT_TOLERANCE:
        largest = pairs.score_difference
        return f"scores of the same object differ by {largest:.3g}, allowed is {OBJECT_TOLERANCE:g}"
    if with_masks and pairs.pixel_agreement < LEAST_IOU:
        return f"masks of the same object agree in {pairs.pixel_agreement:.2%} of their pixels only"
    return None


def _cut(answer: Found) -> float:
    return float(answer.scores.min()) if len(answer.scores) >= _MOST_OBJECTS else _LEAST_OBJECT_SCORE


def _overlaps(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return IoU of boxes, shape (n, m); two equal boxes without an area overlap fully."""
    first, second = first.double()[:, None], second.double()[None]
    upper = torch.maximum(first[..., :2], second[..., :2])
    lower = torch.minimum(first[..., 2:], second[..., 2:])
    shared = (lower - upper).clamp(min=0).prod(dim=-1)
    areas = (first[..., 2:] - first[..., :2]).prod(dim=-1) + (second[..., 2:] - second[..., :2]).prod(dim=-1)
    same = (first - second).abs().amax(dim=-1) < 0.01
    return torch.where(same, torch.ones_like(shared), shared / (areas - shared).clamp(min=1e-9))
