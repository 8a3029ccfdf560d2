"""DETR and its successors by transformers, built from a configuration written here: no hub is asked.

Papers: RT-DETR v2, Lv et al. 2024, arXiv:2407.17140; D-FINE, Peng et al. 2024, arXiv:2410.13842; Conditional
DETR, Meng et al. 2021, arXiv:2108.06152.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torchvision.ops import box_convert
from transformers import (
    ConditionalDetrConfig,
    ConditionalDetrForObjectDetection,
    DFineConfig,
    DFineForObjectDetection,
    HGNetV2Config,
    PreTrainedConfig,
    ResNetConfig,
    RTDetrResNetConfig,
    RTDetrV2Config,
    RTDetrV2ForObjectDetection,
)

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.detection.suppression import OneImageGraph, without_suppression
from openbml_deep.networks.pretrained import PretrainedPart
from openbml_deep.tasks.objects import Found, Target

_QUERIES = 300
_STRIDES = (8, 16, 32)
# Layers whose shape depends on the labels.
_OWN = (
    "class_embed.",
    "class_labels_classifier.",
    "model.decoder.class_embed.",
    "model.denoising_class_embed.",
    "model.enc_score_head.",
)
# RT-DETR and D-FINE were trained on pixels in 0..1.
_ZEROS, _ONES = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


class QueryDetector(nn.Module):
    """A transformers detector as a `DetectionNetwork`: each query finds one object or none."""

    def __init__(self, model: nn.Module, *, size: int, part: PretrainedPart) -> None:
        super().__init__()
        self.model = model
        self._size = size
        self._part = part

    def pretrained_part(self, tag: str) -> PretrainedPart:
        del tag  # every hub's name of the catalogue is of the whole model
        return self._part

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        labels = [
            {
                "class_labels": target.classes,
                "boxes": box_convert(target.boxes, "xyxy", "cxcywh") / self._size,
            }
            for target in targets
        ]
        output = self.model(pixel_values=images, labels=labels)
        return {"queries": output.loss}

    def found(self, images: torch.Tensor) -> list[Found]:
        output = self.model(pixel_values=images)
        boxes = box_convert(output.pred_boxes, "cxcywh", "xyxy") * self._size
        scores = output.logits.sigmoid()
        return [
            without_suppression(each, score, size=self._size)
            for each, score in zip(boxes.unbind(), scores.unbind(), strict=True)
        ]

    def graph(self) -> nn.Module:
        return OneImageGraph(self)


def build(plan: NetworkPlan) -> nn.Module:
    options = dict(plan.network.build)
    make: Callable[..., nn.Module] = _DETECTORS[options.pop("model")]
    model = make(plan, **options)
    normalised = isinstance(model, ConditionalDetrForObjectDetection)
    part = PretrainedPart(model, _OWN) if normalised else PretrainedPart(model, _OWN, mean=_ZEROS, std=_ONES)
    return QueryDetector(model, size=plan.input_size, part=part)


def _query_count(size: int) -> int:
    """Return how many queries the encoder's features can give: a small square has fewer than 300."""
    return min(_QUERIES, sum((size // stride) ** 2 for stride in _STRIDES))


def _with_labels(config: PreTrainedConfig, label_count: int) -> PreTrainedConfig:
    config.num_labels = label_count
    return config


def _rt_detr_v2(plan: NetworkPlan, *, depths: list[int], layer_type: str, **decoder: Any) -> nn.Module:
    hidden = [64, 128, 256, 512] if layer_type == "basic" else [256, 512, 1024, 2048]
    backbone = RTDetrResNetConfig(
        depths=depths,
        hidden_sizes=hidden,
        layer_type=layer_type,
        out_features=["stage2", "stage3", "stage4"],
    )
    config = RTDetrV2Config(
        backbone_config=backbone,
        encoder_in_channels=hidden[1:],
        num_queries=_query_count(plan.input_size),
        freeze_backbone_batch_norms=False,
        **decoder,
    )
    return RTDetrV2ForObjectDetection(_with_labels(config, plan.label_count))


def _d_fine_s(plan: NetworkPlan) -> nn.Module:
    backbone = HGNetV2Config(
        hidden_sizes=[64, 256, 512, 1024],
        stem_channels=[3, 16, 16],
        stage_in_channels=[16, 64, 256, 512],
        stage_mid_channels=[16, 32, 64, 128],
        stage_out_channels=[64, 256, 512, 1024],
        stage_num_blocks=[1, 1, 2, 1],
        stage_numb_of_layers=[3, 3, 3, 3],
        use_learnable_affine_block=True,
        out_features=["stage2", "stage3", "stage4"],
    )
    config = DFineConfig(
        backbone_config=backbone,
        encoder_in_channels=[256, 512, 1024],
        num_queries=_query_count(plan.input_size),
        freeze_backbone_batch_norms=False,
        hidden_expansion=0.5,
        depth_mult=0.34,
        decoder_layers=3,
        decoder_n_points=[3, 6, 3],
    )
    return DFineForObjectDetection(_with_labels(config, plan.label_count))


def _conditional_detr(plan: NetworkPlan) -> nn.Module:
    config = ConditionalDetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=ResNetConfig(out_features=["stage4"]),
    )
    model = ConditionalDetrForObjectDetection(_with_labels(config, plan.label_count))
    # The library freezes the first stages, which makes sense for pre-trained ones only.
    return model.requires_grad_(True)  # noqa: FBT003 - torch's own signature


_DETECTORS = {"rt_detr_v2": _rt_detr_v2, "d_fine_s": _d_fine_s, "conditional_detr": _conditional_detr}
