"""YOLOv3 on timm's backbones: features of strides 8, 16 and 32, three anchors at each, one pass from the
coarse to the fine. Paper: Redmon and Farhadi 2018, arXiv:1804.02767."""

import math
from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange, Shapes
from openbml_deep.networks.detection.deformable import DeformableConv2d, deform_last_stage
from openbml_deep.networks.detection.suppression import OneImageGraph, strongest
from openbml_deep.networks.detection.yolov3_targets import Cells, assigned, losses_of
from openbml_deep.networks.pretrained import PretrainedPart, TimmBackbone
from openbml_deep.tasks.objects import Found, Target

# Sides of the anchors in a square of 416 pixels, three for each stride, the finest first.
PUBLISHED_ANCHORS = (
    ((10, 13), (16, 30), (33, 23)),
    ((30, 61), (62, 45), (59, 119)),
    ((116, 90), (156, 198), (373, 326)),
)
_PUBLISHED_SIZE = 416
STRIDES = (8, 16, 32)
_IOU_THRESHOLD = 0.45
# A new network takes every cell for background, so that the first steps are not all about that.
_OBJECT_PRIOR = 0.01
_OBJECTNESS_LOGIT = math.log(_OBJECT_PRIOR / (1 - _OBJECT_PRIOR))
# Channels of the three passes' middle convolutions, the coarsest first.
_WIDTHS = (512, 256, 128)


def build(plan: NetworkPlan) -> nn.Module:
    options = plan.network.build
    backbone = TimmBackbone(options["backbone"], tuple(options["out_indices"]))
    if options.get("deformable"):
        deform_last_stage(backbone.features)
    change = AnchorChange.of(plan.options)
    scale = plan.input_size / _PUBLISHED_SIZE
    anchors = [
        [tuple(scale * side for side in change.sides(*pair)) for pair in level] for level in PUBLISHED_ANCHORS
    ]
    return YoloV3(backbone, label_count=plan.label_count, size=plan.input_size, anchors=anchors)


def _block(in_channels: int, out_channels: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.LeakyReLU(0.1, inplace=True),
    )


class Pass(nn.Module):
    """Five convolutions that mix a level's features, one more and the predictions made of them."""

    def __init__(self, in_channels: int, width: int, outputs: int) -> None:
        super().__init__()
        self.mixed = nn.Sequential(
            _block(in_channels, width, 1),
            _block(width, 2 * width, 3),
            _block(2 * width, width, 1),
            _block(width, 2 * width, 3),
            _block(2 * width, width, 1),
        )
        self.wide = _block(width, 2 * width, 3)
        self.predicted = nn.Conv2d(2 * width, outputs, 1)

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mixed = self.mixed(features)
        return mixed, self.predicted(self.wide(mixed))


class YoloV3(nn.Module):
    """A `DetectionNetwork`; classes are independent of one another."""

    def __init__(
        self,
        backbone: TimmBackbone,
        *,
        label_count: int,
        size: int,
        anchors: Sequence[Sequence[tuple[float, ...]]],
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self._columns = 5 + label_count
        self._size = size
        channels = backbone.channels[::-1]
        outputs = len(anchors[0]) * self._columns
        routed = (0, *(width // 2 for width in _WIDTHS[:-1]))
        self.passes = nn.ModuleList(
            Pass(more + extra, width, outputs)
            for more, extra, width in zip(channels, routed, _WIDTHS, strict=True)
        )
        self.routes = nn.ModuleList(_block(width, width // 2, 1) for width in _WIDTHS[:-1])
        self.cells = Cells(anchors, strides=STRIDES, size=size)
        for level in self.passes:
            nn.init.normal_(level.predicted.weight, std=0.01)
            bias = torch.zeros(len(anchors[0]), self._columns)
            bias[:, 4] = _OBJECTNESS_LOGIT
            level.predicted.bias.data.copy_(bias.flatten())

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return shape (n, cells, 5 + labels): a box's codes, objectness and classes, all as logits."""
        levels, carried = [], None
        for place, features in enumerate(self.backbone(images)[::-1]):
            if carried is not None:
                wide = functional.interpolate(
                    self.routes[place - 1](carried), scale_factor=2.0, mode="nearest"
                )
                features = torch.cat((wide, features), dim=1)
            carried, raw = self.passes[place](features)
            n, _, rows, columns = raw.shape
            raw = raw.reshape(n, -1, self._columns, rows, columns).permute(0, 1, 3, 4, 2)
            levels.append(raw.reshape(n, -1, self._columns))
        return torch.cat(levels[::-1], dim=1)

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        raw = self(images).float()
        boxes = self.cells.boxes(raw)
        return losses_of(
            raw,
            boxes,
            [assigned(target, each, self.cells) for target, each in zip(targets, boxes, strict=True)],
        )

    def found(self, images: torch.Tensor) -> list[Found]:
        raw = self(images).float()
        scores = raw[..., 4:5].sigmoid() * raw[..., 5:].sigmoid()
        return [
            strongest(boxes, each, size=self._size, iou_threshold=_IOU_THRESHOLD)
            for boxes, each in zip(self.cells.boxes(raw).unbind(), scores.unbind(), strict=True)
        ]

    def pretrained_part(self, tag: str) -> PretrainedPart:
        deformed = tuple(
            f"{name}.offsets."
            for name, layer in self.backbone.features.named_modules()
            if isinstance(layer, DeformableConv2d)
        )
        return self.backbone.pretrained_part(tag, own=deformed)

    def anchor_shapes(self) -> Shapes:
        anchors = self.cells.anchors.double()
        strides = torch.tensor(STRIDES).repeat_interleave(len(anchors) // len(STRIDES))
        return torch.cat((anchors, strides[:, None]), dim=1).numpy()

    def graph(self) -> nn.Module:
        return OneImageGraph(self)
