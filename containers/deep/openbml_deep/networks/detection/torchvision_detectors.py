"""torchvision's detectors behind `DetectionNetwork`: Faster R-CNN and RetinaNet with ResNet-50-FPN.

The input is already a normalised square, so their own resizing and normalisation are left out.
Papers: Ren et al. 2015, arXiv:1506.01497; Lin et al. 2017, arXiv:1612.03144 and arXiv:1708.02002.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torchvision.models import resnet50
from torchvision.models.detection import FasterRCNN, RetinaNet
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN, _resnet_fpn_extractor
from torchvision.models.detection.image_list import ImageList
from torchvision.ops.feature_pyramid_network import LastLevelP6P7

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange, Shapes
from openbml_deep.networks.detection.suppression import LOWEST_SCORE, MOST_FOUND, OneImageGraph
from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.tasks.objects import Found, Target

PYRAMID_SIDES = (32, 64, 128, 256, 512)
_RATIOS = (0.5, 1.0, 2.0)
_STAGES = 5
# Strides of the finest level; each further one's is twice as large.
_FASTER_RCNN_STRIDE, _RETINANET_STRIDE, _SSD_STRIDE = 4, 8, 16
# Layers whose shape depends on the labels.
_FASTER_RCNN_OWN = ("roi_heads.box_predictor.",)
_RETINANET_OWN = ("head.classification_head.cls_logits.",)


class SquareInput(nn.Module):
    """Stands where torchvision scales and normalises: the batch is already what the network sees."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(
        self, images: torch.Tensor, targets: list[dict[str, torch.Tensor]] | None = None
    ) -> tuple[ImageList, list[dict[str, torch.Tensor]] | None]:
        return ImageList(images, [(self.size, self.size)] * images.shape[0]), targets

    def postprocess(
        self, found: list[dict[str, torch.Tensor]], *_sizes: object
    ) -> list[dict[str, torch.Tensor]]:
        return found


class WholeBoxCoder(BoxCoder):
    """Decodes in float32 also where mixed precision gave the codes: with eight bits, boxes miss by pixels."""

    def decode_single(self, rel_codes: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        return super().decode_single(rel_codes.float(), boxes.float())


class TorchvisionDetector(nn.Module):
    """A torchvision detector as a `DetectionNetwork`."""

    def __init__(
        self,
        detector: nn.Module,
        *,
        size: int,
        first_label: int,
        part: Callable[[str], PretrainedPart],
    ) -> None:
        """Wrap `detector`.

        Args:
            first_label: the detector's number of the job's first label: 1 where 0 is its background.
            part: tag of weights → what of the detector they fill.
        """
        super().__init__()
        detector.transform = SquareInput(size)
        for module in detector.modules():
            if isinstance(getattr(module, "box_coder", None), BoxCoder):
                module.box_coder = WholeBoxCoder(module.box_coder.weights)
        self.detector = detector
        self._first_label = first_label
        self._part = part

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        rows = [{"boxes": target.boxes, "labels": target.classes + self._first_label} for target in targets]
        losses: Mapping[str, torch.Tensor] = self.detector(images, rows)
        return losses

    def found(self, images: torch.Tensor) -> list[Found]:
        return [
            Found(row["boxes"], row["scores"], row["labels"] - self._first_label)
            for row in self.detector(images)
        ]

    def pretrained_part(self, tag: str) -> PretrainedPart:
        return self._part(tag)

    def anchor_shapes(self) -> Shapes:
        generator = getattr(self.detector, "rpn", self.detector).anchor_generator
        if isinstance(generator, DefaultBoxGenerator):
            size = self.detector.transform.size
            levels = [(level * size).tolist() for level in generator._wh_pairs]
            first = _SSD_STRIDE
        else:
            levels = [
                [(side / math.sqrt(ratio), side * math.sqrt(ratio)) for side in sides for ratio in ratios]
                for sides, ratios in zip(generator.sizes, generator.aspect_ratios, strict=True)
            ]
            first = _RETINANET_STRIDE if isinstance(self.detector, RetinaNet) else _FASTER_RCNN_STRIDE
        return np.array([(*sides, first * 2**place) for place, level in enumerate(levels) for sides in level])

    def graph(self) -> nn.Module:
        return OneImageGraph(self)


def build(plan: NetworkPlan) -> nn.Module:
    detector: nn.Module = _DETECTORS[plan.network.build["model"]](plan)
    first_label, own = (0, _RETINANET_OWN) if isinstance(detector, RetinaNet) else (1, _FASTER_RCNN_OWN)
    published = PretrainedPart(detector, own)
    return TorchvisionDetector(
        detector, size=plan.input_size, first_label=first_label, part=lambda _tag: published
    )


def resnet50_pyramid(**extra: Any) -> BackboneWithFPN:
    """Return ResNet-50 with its feature pyramid, strides 4 to 32 and what `extra` says; all of it trains."""
    return _resnet_fpn_extractor(resnet50(weights=None), trainable_layers=_STAGES, **extra)


def pyramid_anchors(change: AnchorChange) -> AnchorGenerator:
    """Return an anchor of each shape for strides 4 to 64."""
    ratios = tuple(change.aspect(ratio) for ratio in _RATIOS)
    return AnchorGenerator(
        tuple((change.side(side),) for side in PYRAMID_SIDES), (ratios,) * len(PYRAMID_SIDES)
    )


def _faster_rcnn(plan: NetworkPlan) -> nn.Module:
    return FasterRCNN(
        resnet50_pyramid(),
        num_classes=plan.label_count + 1,
        rpn_anchor_generator=pyramid_anchors(AnchorChange.of(plan.options)),
        box_score_thresh=LOWEST_SCORE,
        box_detections_per_img=MOST_FOUND,
    )


def _retinanet(plan: NetworkPlan) -> nn.Module:
    change = AnchorChange.of(plan.options)
    sides = tuple(
        tuple(int(change.side(side) * 2 ** (octave / 3)) for octave in range(3)) for side in PYRAMID_SIDES
    )
    ratios = tuple(change.aspect(ratio) for ratio in _RATIOS)
    backbone = resnet50_pyramid(returned_layers=[2, 3, 4], extra_blocks=LastLevelP6P7(256, 256))
    return RetinaNet(
        backbone,
        num_classes=plan.label_count,
        anchor_generator=AnchorGenerator(sides, (ratios,) * len(sides)),
        score_thresh=LOWEST_SCORE,
        detections_per_img=MOST_FOUND,
    )


_DETECTORS = {"faster_rcnn_resnet50_fpn": _faster_rcnn, "retinanet_resnet50_fpn": _retinanet}
