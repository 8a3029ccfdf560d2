"""Mask2Former of transformers, built from its configuration: each query finds one object, or none.

Paper: Cheng et al. 2021, arXiv:2112.01527.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from transformers import Mask2FormerConfig, Mask2FormerForUniversalSegmentation, SwinConfig

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.instance.mask_suppression import strongest_queries
from openbml_deep.networks.instance.masks import INPUT, OneImageMaskGraph, whole_masks
from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.networks.published_names import published_names
from openbml_deep.tasks.objects import Found, Target

# Layers that depend on the job's labels.
_OWN = ("class_predictor.", "criterion.")


def build(plan: NetworkPlan) -> nn.Module:
    stages = ["stage1", "stage2", "stage3", "stage4"]
    backbone = SwinConfig(
        embed_dim=96,
        depths=[2, 2, 6, 2],
        num_heads=[3, 6, 12, 24],
        window_size=7,
        drop_path_rate=0.3,
        out_features=stages,
    )
    config = Mask2FormerConfig(backbone_config=backbone, num_labels=plan.label_count)
    return QueryMasks(exportable(Mask2FormerForUniversalSegmentation(config)))


def exportable(model: Mask2FormerForUniversalSegmentation) -> nn.Module:
    """Return the model with reference points that export as float32; `linspace` of traced sides becomes
    float64, which ONNX Runtime cannot sample at."""
    encoder = model.model.pixel_level_module.decoder.encoder
    encoder.get_reference_points = reference_points
    return model


def reference_points(
    sides: Sequence[tuple[int, int]], valid_ratios: torch.Tensor, device: torch.device
) -> torch.Tensor:
    """Return the centre of each place of each level as shares of the sides, shape (n, places, levels, 2).

    Args:
        sides: height and width of each level.
        valid_ratios: shape (n, levels, 2); 1 where no image is padded, as here.
    """
    levels = []
    for height, width in ((int(height), int(width)) for height, width in sides):
        down = (torch.arange(height, dtype=torch.float32, device=device) + 0.5) / height
        across = (torch.arange(width, dtype=torch.float32, device=device) + 0.5) / width
        y, x = torch.meshgrid(down, across, indexing="ij")
        levels.append(torch.stack([x.flatten(), y.flatten()], dim=-1))
    return torch.cat(levels)[None, :, None] * valid_ratios[:, None]


class QueryMasks(nn.Module):
    """Implements `DetectionNetwork`; masks are of the whole input, a quarter of its size."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        masks = [target.masks.to(images.dtype) for target in targets if target.masks is not None]
        output = self.model(
            pixel_values=images, mask_labels=masks, class_labels=[target.classes for target in targets]
        )
        return {"queries": output.loss.reshape(())}

    def found(self, images: torch.Tensor) -> list[Found]:
        size = images.shape[-1]
        return [whole_masks(found, size=size, frame=INPUT) for found in self.raw_found(images)]

    def raw_found(self, images: torch.Tensor) -> list[Found]:
        output = self.model(pixel_values=images)
        scores = output.class_queries_logits.softmax(dim=-1)[..., :-1]
        masks = output.masks_queries_logits.sigmoid()
        return [
            strongest_queries(scores[row], masks[row], size=images.shape[-1])
            for row in range(images.shape[0])
        ]

    def pretrained_part(self, tag: str) -> PretrainedPart:
        del tag  # the catalogue's are of the whole network
        return PretrainedPart(self.model, _OWN, published_names(self.model))

    def graph(self) -> nn.Module:
        return OneImageMaskGraph(self, frame=INPUT)
