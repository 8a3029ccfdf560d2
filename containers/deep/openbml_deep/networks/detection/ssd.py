"""Single-shot detectors on MobileNets, of torchvision's SSD.

SSD-MobileNetV1 has the layers of the published 300-pixel model: features of strides 16 and 32, four further
levels of 512, 256, 256 and 128 channels, predictions by 1 x 1 convolutions. SSDLite is torchvision's.
Papers: Liu et al. 2016, arXiv:1512.02325; Howard et al. 2017, arXiv:1704.04861, and 2019, arXiv:1905.02244.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial

import torch
from torch import nn
from torch.nn import functional
from torchvision.models import mobilenet_v3_large
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD, SSDScoringHead
from torchvision.models.detection.ssdlite import SSDLiteHead, _mobilenet_extractor
from torchvision.ops.misc import Conv2dNormActivation

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange
from openbml_deep.networks.detection.suppression import strongest
from openbml_deep.networks.detection.torchvision_detectors import TorchvisionDetector
from openbml_deep.networks.pretrained import PretrainedPart, TimmBackbone

_LEVELS = 6
# Sides of the default boxes of the six levels, and of one level more, as shares of the input.
_SCALES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
_IOU_THRESHOLD = 0.5
# A new head says nearly nothing: from larger weights the first hundred steps only unlearn its chance.
_HEAD_DEVIATION = 0.01
_HALVES = (0.5, 0.5, 0.5)


def build(plan: NetworkPlan) -> nn.Module:
    make = {"ssd_mobilenetv1": _ssd_mobilenetv1, "ssdlite_mobilenetv3": _ssdlite_mobilenetv3}
    return make[plan.network.build["model"]](plan)


class DefaultBoxes(DefaultBoxGenerator):
    """The default boxes of six levels; the first may lack the square between its scale and the next."""

    def __init__(self, change: AnchorChange, *, first_level: Sequence[int], first_is_small: bool) -> None:
        self._change = change
        self._first_is_small = first_is_small
        ratios = [list(first_level), *([2, 3] for _ in range(_LEVELS - 1))]
        super().__init__(ratios, scales=list(_SCALES))

    def _generate_wh_pairs(
        self, num_outputs: int, dtype: torch.dtype = torch.float32, device: torch.device | None = None
    ) -> list[torch.Tensor]:
        published = super()._generate_wh_pairs(num_outputs, dtype, device or torch.device("cpu"))
        if self._first_is_small:
            published[0] = torch.cat((published[0][:1], published[0][2:]))
        return [
            torch.tensor([self._change.sides(width, height) for width, height in level.tolist()], dtype=dtype)
            for level in published
        ]

    def num_anchors_per_location(self) -> list[int]:
        return [len(level) for level in self._wh_pairs]


class SingleShot(SSD):
    """torchvision's SSD; suppression takes the strongest pairs of box and class, whatever their number."""

    def postprocess_detections(
        self,
        head_outputs: dict[str, torch.Tensor],
        image_anchors: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
    ) -> list[dict[str, torch.Tensor]]:
        scores = functional.softmax(head_outputs["cls_logits"], dim=-1)[..., 1:]
        rows = []
        for codes, each, anchors, (size, _) in zip(
            head_outputs["bbox_regression"], scores, image_anchors, image_shapes, strict=True
        ):
            boxes = self.box_coder.decode_single(codes, anchors)
            found = strongest(boxes, each, size=size, iou_threshold=_IOU_THRESHOLD)
            rows.append({"boxes": found.boxes, "scores": found.scores, "labels": found.classes + 1})
        return rows


class PointwiseHead(nn.Module):
    """Scores and boxes of each level by 1 x 1 convolutions."""

    def __init__(self, channels: Sequence[int], anchor_counts: Sequence[int], class_count: int) -> None:
        super().__init__()
        self.classification_head = SSDScoringHead(
            _pointwise(channels, anchor_counts, class_count), class_count
        )
        self.regression_head = SSDScoringHead(_pointwise(channels, anchor_counts, 4), 4)

    def forward(self, features: list[torch.Tensor]) -> dict[str, torch.Tensor]:
        return {
            "bbox_regression": self.regression_head(features),
            "cls_logits": self.classification_head(features),
        }


def _pointwise(channels: Sequence[int], anchor_counts: Sequence[int], columns: int) -> nn.ModuleList:
    convolutions = nn.ModuleList(
        nn.Conv2d(width, count * columns, 1) for width, count in zip(channels, anchor_counts, strict=True)
    )
    for convolution in convolutions:
        nn.init.normal_(convolution.weight, std=_HEAD_DEVIATION)
        nn.init.zeros_(convolution.bias)
    return convolutions


class MobileNetV1Levels(nn.Module):
    """Features of six levels: two of MobileNetV1, each further one half as wide and high."""

    channels = (512, 1024, 512, 256, 256, 128)
    _narrow = (256, 128, 128, 64)

    def __init__(self) -> None:
        super().__init__()
        self.backbone = TimmBackbone("mobilenetv1_100", (3, 4))
        widths = zip(self.channels[1:-1], self._narrow, self.channels[2:], strict=True)
        self.extra = nn.ModuleList(
            nn.Sequential(
                Conv2dNormActivation(wide, narrow, kernel_size=1),
                Conv2dNormActivation(narrow, out, kernel_size=3, stride=2),
            )
            for wide, narrow, out in widths
        )

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        levels = self.backbone(images)
        for block in self.extra:
            levels.append(block(levels[-1]))
        return OrderedDict((str(place), level) for place, level in enumerate(levels))


def _ssd_mobilenetv1(plan: NetworkPlan) -> nn.Module:
    boxes = DefaultBoxes(AnchorChange.of(plan.options), first_level=(2,), first_is_small=True)
    backbone = MobileNetV1Levels()
    head = PointwiseHead(backbone.channels, boxes.num_anchors_per_location(), plan.label_count + 1)
    detector = SingleShot(
        backbone, boxes, (plan.input_size, plan.input_size), num_classes=plan.label_count + 1, head=head
    )
    return TorchvisionDetector(
        detector, size=plan.input_size, first_label=1, part=backbone.backbone.pretrained_part
    )


def _ssdlite_mobilenetv3(plan: NetworkPlan) -> nn.Module:
    # Published with a momentum of 0.03, too slow for runs of some hundred steps.
    norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.1)
    backbone = _mobilenet_extractor(mobilenet_v3_large(norm_layer=norm, reduced_tail=True), _LEVELS, norm)
    boxes = DefaultBoxes(AnchorChange.of(plan.options), first_level=(2, 3), first_is_small=False)
    channels = _channels(backbone, plan.input_size)
    head = SSDLiteHead(channels, boxes.num_anchors_per_location(), plan.label_count + 1, norm)
    detector = SingleShot(
        backbone, boxes, (plan.input_size, plan.input_size), num_classes=plan.label_count + 1, head=head
    )
    # The published model saw pixels in -1..1.
    published = PretrainedPart(detector, ("head.classification_head.",), mean=_HALVES, std=_HALVES)
    return TorchvisionDetector(detector, size=plan.input_size, first_label=1, part=lambda _tag: published)


def _channels(backbone: nn.Module, size: int) -> list[int]:
    backbone.eval()
    with torch.no_grad():
        levels = backbone(torch.zeros(1, 3, size, size))
    backbone.train()
    return [level.shape[1] for level in levels.values()]
