"""Mask R-CNN on a feature pyramid of any timm backbone, and torchvision's own improved one.

Papers: He et al. 2017, arXiv:1703.06870; Lin et al. 2017, arXiv:1612.03144; the improved one: Li et al. 2021,
arXiv:2111.11429.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn_v2

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange
from openbml_deep.networks.detection.suppression import LOWEST_SCORE, MOST_FOUND
from openbml_deep.networks.detection.torchvision_detectors import SquareInput, pyramid_anchors
from openbml_deep.networks.instance.masks import BOX, OneImageMaskGraph, whole_masks
from openbml_deep.networks.instance.pyramids import timm_pyramid
from openbml_deep.tasks.objects import Found, Target


def build(plan: NetworkPlan) -> nn.Module:
    arguments = plan.network.build
    common = {
        "num_classes": plan.label_count + 1,
        "box_score_thresh": LOWEST_SCORE,
        "box_detections_per_img": MOST_FOUND,
    }
    if arguments.get("model") == "maskrcnn_resnet50_fpn_v2":
        detector: nn.Module = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, **common)
    else:
        pyramid = timm_pyramid(str(arguments["backbone"]), channels=int(arguments.get("channels", 256)))
        detector = MaskRCNN(pyramid, **common)
    detector.rpn.anchor_generator = pyramid_anchors(AnchorChange.of(plan.options))
    return MaskDetector(detector, size=plan.input_size)


class MaskDetector(nn.Module):
    """A two-stage detector of torchvision's kind with masks, as a `DetectionNetwork`."""

    def __init__(self, detector: nn.Module, *, size: int) -> None:
        super().__init__()
        detector.transform = SquareInput(size)
        self.detector = detector

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        rows = [
            {"boxes": target.boxes, "labels": target.classes + 1, "masks": target.masks} for target in targets
        ]
        losses: Mapping[str, torch.Tensor] = self.detector(images, rows)
        return losses

    def found(self, images: torch.Tensor) -> list[Found]:
        return [whole_masks(found, size=images.shape[-1], frame=BOX) for found in self.raw_found(images)]

    def raw_found(self, images: torch.Tensor) -> list[Found]:
        return [
            Found(row["boxes"], row["scores"], row["labels"] - 1, row["masks"].squeeze(1))
            for row in self.detector(images)
        ]

    def graph(self) -> nn.Module:
        return OneImageMaskGraph(self, frame=BOX)
