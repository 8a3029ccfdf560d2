"""Cascade R-CNN: three box heads in a row, each trained on boxes that fit better and refining the last one's.

The rest is torchvision's Faster R-CNN: backbone, pyramid, proposals, pooling.
Paper: Cai and Vasconcelos 2018, arXiv:1712.00726.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, BoxCoder, Matcher
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign, box_iou

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange
from openbml_deep.networks.detection.suppression import strongest_of_proposals
from openbml_deep.networks.detection.torchvision_detectors import (
    TorchvisionDetector,
    pyramid_anchors,
    resnet50_pyramid,
)
from openbml_deep.networks.pretrained import PretrainedPart

# Overlap from which a stage takes a box for an object, the weights of its box codes, and of its loss.
STAGES = (
    (0.5, (10.0, 10.0, 5.0, 5.0), 1.0),
    (0.6, (20.0, 20.0, 10.0, 10.0), 0.5),
    (0.7, (30.0, 30.0, 15.0, 15.0), 0.25),
)
_SAMPLED, _SAMPLED_OBJECTS = 512, 0.25
_POOLED = 7
_HIDDEN = 1024
_IOU_THRESHOLD = 0.5
_SMOOTH = 1 / 9

Targets = Sequence[dict[str, torch.Tensor]]


def build(plan: NetworkPlan) -> nn.Module:
    backbone = resnet50_pyramid()
    detector = FasterRCNN(
        backbone,
        num_classes=plan.label_count + 1,
        rpn_anchor_generator=pyramid_anchors(AnchorChange.of(plan.options)),
    )
    detector.roi_heads = CascadeHeads(
        detector.roi_heads.box_roi_pool, channels=backbone.out_channels, class_count=plan.label_count + 1
    )
    # Weights are Faster R-CNN's: backbone, pyramid and proposals.
    published = PretrainedPart(detector, ("roi_heads.",))
    return TorchvisionDetector(detector, size=plan.input_size, first_label=1, part=lambda _tag: published)


class CascadeStage(nn.Module):
    """One head: pooled features → class scores and one box, whatever the class."""

    def __init__(self, channels: int, class_count: int) -> None:
        super().__init__()
        self.hidden = TwoMLPHead(channels * _POOLED**2, _HIDDEN)
        self.logits = nn.Linear(_HIDDEN, class_count)
        self.codes = nn.Linear(_HIDDEN, 4)
        nn.init.normal_(self.codes.weight, std=0.001)
        nn.init.zeros_(self.codes.bias)

    def forward(self, pooled: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.hidden(pooled)
        return self.logits(hidden), self.codes(hidden)


class CascadeHeads(nn.Module):
    """Stands where torchvision's `RoIHeads` stand in a detector."""

    def __init__(self, pool: MultiScaleRoIAlign, *, channels: int, class_count: int) -> None:
        """Make the stages; `class_count` includes the background, class 0."""
        super().__init__()
        self.pool = pool
        self.stages = nn.ModuleList(CascadeStage(channels, class_count) for _ in STAGES)
        self._coders = [BoxCoder(weights) for _, weights, _ in STAGES]
        self._matchers = [Matcher(iou, iou, allow_low_quality_matches=False) for iou, _, _ in STAGES]
        self._sampler = BalancedPositiveNegativeSampler(_SAMPLED, _SAMPLED_OBJECTS)

    def forward(
        self,
        features: dict[str, torch.Tensor],
        proposals: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
        targets: Targets | None = None,
    ) -> tuple[list[dict[str, torch.Tensor]], dict[str, torch.Tensor]]:
        if self.training:
            if targets is None:
                raise ValueError("training needs targets")
            return [], self._losses(features, proposals, image_shapes, targets)
        return self._found(features, proposals, image_shapes), {}

    def _losses(
        self,
        features: dict[str, torch.Tensor],
        proposals: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
        targets: Targets,
    ) -> dict[str, torch.Tensor]:
        boxes = [
            torch.cat((each, target["boxes"].to(each.dtype)))
            for each, target in zip(proposals, targets, strict=True)
        ]
        losses = {}
        for place, (_, _, weight) in enumerate(STAGES):
            matched = [
                self._matched(place, each, target) for each, target in zip(boxes, targets, strict=True)
            ]
            if place == 0:
                boxes, matched = self._sampled(boxes, matched)
            labels = torch.cat([labels for labels, _ in matched])
            aims = torch.cat([aims for _, aims in matched])
            starts = torch.cat(boxes)
            logits, codes = self.stages[place](self.pool(features, boxes, image_shapes))
            objects = torch.where(labels > 0)[0]
            wanted = self._coders[place].encode_single(aims[objects], starts[objects])
            box_loss = functional.smooth_l1_loss(codes[objects], wanted, beta=_SMOOTH, reduction="sum")
            losses[f"classification_{place + 1}"] = weight * functional.cross_entropy(logits, labels)
            losses[f"boxes_{place + 1}"] = weight * box_loss / max(1, len(labels))
            losses |= self.stage_losses(place, features, boxes, image_shapes, targets)
            boxes = self._refined(place, codes.detach(), boxes, image_shapes, drop_empty=True)
        return losses

    def stage_losses(
        self,
        place: int,
        features: dict[str, torch.Tensor],
        boxes: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
        targets: Targets,
    ) -> dict[str, torch.Tensor]:
        """Return what heads that predict more than boxes lose in a stage that starts from these boxes."""
        del place, features, boxes, image_shapes, targets
        return {}

    def _matched(
        self, place: int, boxes: torch.Tensor, target: dict[str, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the class of each box, 0 for the background, and the annotated box it shall become."""
        if not len(target["boxes"]) or not len(boxes):
            return torch.zeros(len(boxes), dtype=torch.int64, device=boxes.device), boxes
        owner = self._matchers[place](box_iou(target["boxes"].to(boxes.dtype), boxes))
        nearest = owner.clamp(min=0)
        labels = torch.where(owner >= 0, target["labels"][nearest], torch.zeros_like(owner))
        return labels, target["boxes"].to(boxes.dtype)[nearest]

    def _sampled(
        self, boxes: list[torch.Tensor], matched: list[tuple[torch.Tensor, torch.Tensor]]
    ) -> tuple[list[torch.Tensor], list[tuple[torch.Tensor, torch.Tensor]]]:
        objects, others = self._sampler([labels for labels, _ in matched])
        kept = [torch.where(yes | no)[0] for yes, no in zip(objects, others, strict=True)]
        return (
            [each[places] for each, places in zip(boxes, kept, strict=True)],
            [(labels[places], aims[places]) for (labels, aims), places in zip(matched, kept, strict=True)],
        )

    def _refined(
        self,
        place: int,
        codes: torch.Tensor,
        boxes: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
        *,
        drop_empty: bool,
    ) -> list[torch.Tensor]:
        decoded = self._coders[place].decode_single(codes.float(), torch.cat(boxes).float())
        parts = decoded.split([each.shape[0] for each in boxes]) if len(boxes) > 1 else [decoded]
        refined = [part.clamp(0, shape[0]) for part, shape in zip(parts, image_shapes, strict=True)]
        if not drop_empty:
            return refined
        return [part[(part[:, 2:] > part[:, :2]).all(dim=1)] for part in refined]

    def _found(
        self,
        features: dict[str, torch.Tensor],
        proposals: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
    ) -> list[dict[str, torch.Tensor]]:
        boxes, scores = proposals, []
        for place, stage in enumerate(self.stages):
            logits, codes = stage(self.pool(features, boxes, image_shapes))
            scores.append(functional.softmax(logits, dim=-1))
            boxes = self._refined(place, codes, boxes, image_shapes, drop_empty=False)
        mean = torch.stack(scores).mean(dim=0)[:, 1:]
        parts = mean.split([each.shape[0] for each in boxes]) if len(boxes) > 1 else [mean]
        rows = []
        for each, score, (size, _) in zip(boxes, parts, image_shapes, strict=True):
            found = strongest_of_proposals(each, score, size=size, iou_threshold=_IOU_THRESHOLD)
            rows.append({"boxes": found.boxes, "scores": found.scores, "labels": found.classes + 1})
        return rows
