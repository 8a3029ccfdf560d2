"""Mask R-CNN on a feature pyramid of any timm backbone, and torchvision's own improved one.

Papers: He et al. 2017, arXiv:1703.06870; Lin et al. 2017, arXiv:1612.03144; the improved one: Li et al. 2021,
arXiv:2111.11429.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torchvision.models.detection import MaskRCNN, maskrcnn_resnet50_fpn_v2
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange
from openbml_deep.networks.detection.suppression import LOWEST_SCORE, MOST_FOUND
from openbml_deep.networks.detection.torchvision_detectors import TorchvisionDetector, pyramid_anchors
from openbml_deep.networks.instance.masks import BOX, OneImageMaskGraph, whole_masks
from openbml_deep.networks.instance.pyramids import TimmPyramid
from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.tasks.objects import Found, Target

_LIGHT_CHANNELS, _LIGHT_HIDDEN = 128, 512
_FIRST_LABEL = 1
# Layers of torchvision's network that depend on the job's labels.
_OWN = ("roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits.")


def build(plan: NetworkPlan) -> nn.Module:
    arguments = plan.network.build
    common = {
        "num_classes": plan.label_count + 1,
        "box_score_thresh": LOWEST_SCORE,
        "box_detections_per_img": MOST_FOUND,
    }
    if arguments.get("model") == "maskrcnn_resnet50_fpn_v2":
        detector: nn.Module = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, **common)
        part: Callable[[str], PretrainedPart] = _whole(detector)
    else:
        light = bool(arguments.get("light"))
        pyramid = TimmPyramid(str(arguments["backbone"]), channels=_LIGHT_CHANNELS if light else 256)
        detector = MaskRCNN(pyramid, **(common | (_light_heads(plan.label_count + 1) if light else {})))
        part = pyramid.body.pretrained_part
    detector.rpn.anchor_generator = pyramid_anchors(AnchorChange.of(plan.options))
    return MaskDetector(detector, size=plan.input_size, part=part)


def _light_heads(class_count: int) -> dict[str, Any]:
    """Return heads of a fifth of the published ones' computation, and fewer boxes to train them on."""
    pooled = 7
    return {
        "box_head": TwoMLPHead(_LIGHT_CHANNELS * pooled**2, _LIGHT_HIDDEN),
        "box_predictor": FastRCNNPredictor(_LIGHT_HIDDEN, class_count),
        "mask_head": MaskRCNNHeads(_LIGHT_CHANNELS, (_LIGHT_CHANNELS,) * 3, 1),
        "mask_predictor": MaskRCNNPredictor(_LIGHT_CHANNELS, _LIGHT_CHANNELS, class_count),
        "num_classes": None,
        "box_batch_size_per_image": 64,
        "rpn_pre_nms_top_n_train": 500,
        "rpn_post_nms_top_n_train": 250,
        "rpn_pre_nms_top_n_test": 500,
        "rpn_post_nms_top_n_test": 200,
    }


def _whole(detector: nn.Module) -> Callable[[str], PretrainedPart]:
    published = PretrainedPart(detector, _OWN)
    return lambda _tag: published


class MaskDetector(TorchvisionDetector):
    """A two-stage detector of torchvision's kind with masks, as a `DetectionNetwork`."""

    def __init__(self, detector: nn.Module, *, size: int, part: Callable[[str], PretrainedPart]) -> None:
        """Wrap `detector`, whose class 0 is the background; `part`: tag of weights → what they fill."""
        super().__init__(detector, size=size, first_label=_FIRST_LABEL, part=part)

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        rows = [
            {"boxes": target.boxes, "labels": target.classes + _FIRST_LABEL, "masks": target.masks}
            for target in targets
        ]
        losses: Mapping[str, torch.Tensor] = self.detector(images, rows)
        return losses

    def found(self, images: torch.Tensor) -> list[Found]:
        return [whole_masks(found, size=images.shape[-1], frame=BOX) for found in self.raw_found(images)]

    def raw_found(self, images: torch.Tensor) -> list[Found]:
        return [
            Found(row["boxes"], row["scores"], row["labels"] - _FIRST_LABEL, row["masks"].squeeze(1))
            for row in self.detector(images)
        ]

    def graph(self) -> nn.Module:
        return OneImageMaskGraph(self, frame=BOX)
