"""Semantic segmentation networks of torchvision; the catalogue's `model` is torchvision's name."""

import torch
from torch import nn
from torchvision.models import get_model

from openbml_deep.networks import NetworkPlan
from openbml_deep.networks.semantic.pixel_classifier import PixelClassifier


def build(plan: NetworkPlan) -> nn.Module:
    options = {"weights": None, "weights_backbone": None, "num_classes": plan.label_count + 1}
    auxiliary = bool(plan.network.build.get("auxiliary", False))
    if auxiliary:
        options["aux_loss"] = True
    return TorchvisionSemantic(get_model(plan.network.build["model"], **options), auxiliary=auxiliary)


class TorchvisionSemantic(PixelClassifier):
    """torchvision scales its result up itself; here that is done once, where the size is known."""

    own = (
        "classifier.4.",
        "aux_classifier.4.",
        "classifier.low_classifier.",
        "classifier.high_classifier.",
    )

    def __init__(self, model: nn.Module, *, auxiliary: bool) -> None:
        super().__init__()
        self.backbone = model.backbone
        self.classifier = model.classifier
        self.aux_classifier = model.aux_classifier if auxiliary else None

    def outputs(self, images: torch.Tensor) -> list[torch.Tensor]:
        features = self.backbone(images)
        result = features["out"] if "out" in features and "low" not in features else features
        found = [self.classifier(result)]
        if self.training and self.aux_classifier is not None:
            found.append(self.aux_classifier(features["aux"]))
        return found
