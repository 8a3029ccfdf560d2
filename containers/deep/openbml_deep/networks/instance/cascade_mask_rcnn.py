"""Cascade Mask R-CNN: the cascade of box heads, with a mask head in each of its stages.

Source: Cai and Vasconcelos 2019, arXiv:1906.09756, section 6 (a mask head a stage, their mean on the final
boxes).
"""

import torch
from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import maskrcnn_loss
from torchvision.ops import MultiScaleRoIAlign, box_iou

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.anchors import AnchorChange
from openbml_deep.networks.detection.cascade_rcnn import STAGES, CascadeHeads, Targets
from openbml_deep.networks.detection.torchvision_detectors import pyramid_anchors
from openbml_deep.networks.instance.mask_rcnn import MaskDetector
from openbml_deep.networks.instance.pyramids import TimmPyramid

_POOLED = 14
_HIDDEN = 256


def build(plan: NetworkPlan) -> nn.Module:
    pyramid = TimmPyramid(str(plan.network.build["backbone"]))
    class_count = plan.label_count + 1
    detector = FasterRCNN(
        pyramid,
        num_classes=class_count,
        rpn_anchor_generator=pyramid_anchors(AnchorChange.of(plan.options)),
    )
    detector.roi_heads = CascadeMaskHeads(
        detector.roi_heads.box_roi_pool, channels=pyramid.out_channels, class_count=class_count
    )
    return MaskDetector(detector, size=plan.input_size, part=pyramid.body.pretrained_part)


class CascadeMaskHeads(CascadeHeads):
    def __init__(self, pool: MultiScaleRoIAlign, *, channels: int, class_count: int) -> None:
        super().__init__(pool, channels=channels, class_count=class_count)
        self.mask_pool = MultiScaleRoIAlign(pool.featmap_names, output_size=_POOLED, sampling_ratio=2)
        self.mask_heads = nn.ModuleList(
            nn.Sequential(
                MaskRCNNHeads(channels, (_HIDDEN,) * 4, 1), MaskRCNNPredictor(_HIDDEN, _HIDDEN, class_count)
            )
            for _ in STAGES
        )

    def stage_losses(
        self,
        place: int,
        features: dict[str, torch.Tensor],
        boxes: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
        targets: Targets,
    ) -> dict[str, torch.Tensor]:
        """Return the stage's mask loss on the boxes that it takes for objects."""
        owners = [self._owners(place, each, target) for each, target in zip(boxes, targets, strict=True)]
        held = [torch.where(owner >= 0)[0] for owner in owners]
        objects = [each[rows] for each, rows in zip(boxes, held, strict=True)]
        loss = maskrcnn_loss(
            self.mask_heads[place](self.mask_pool(features, objects, image_shapes)),
            objects,
            [target["masks"] for target in targets],
            [target["labels"] for target in targets],
            [owner[rows] for owner, rows in zip(owners, held, strict=True)],
        )
        return {f"masks_{place + 1}": STAGES[place][2] * loss}

    def _owners(self, place: int, boxes: torch.Tensor, target: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the place of the annotated object that each box stands for, negative for none."""
        if not len(target["boxes"]) or not len(boxes):
            return torch.full((len(boxes),), -1, dtype=torch.int64, device=boxes.device)
        owners: torch.Tensor = self._matchers[place](box_iou(target["boxes"].to(boxes.dtype), boxes))
        return owners

    def _found(
        self,
        features: dict[str, torch.Tensor],
        proposals: list[torch.Tensor],
        image_shapes: list[tuple[int, int]],
    ) -> list[dict[str, torch.Tensor]]:
        rows = super()._found(features, proposals, image_shapes)
        pooled = self.mask_pool(features, [row["boxes"] for row in rows], image_shapes)
        masks = torch.stack([head(pooled).sigmoid() for head in self.mask_heads]).mean(dim=0)
        labels = torch.cat([row["labels"] for row in rows])
        own = masks[torch.arange(labels.shape[0], device=labels.device), labels][:, None]
        parts = own.split([row["boxes"].shape[0] for row in rows]) if len(rows) > 1 else [own]
        return [{**row, "masks": part} for row, part in zip(rows, parts, strict=True)]
