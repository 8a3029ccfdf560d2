"""Which part of a network published weights fill, and what is left as it was made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import timm
import torch
from timm.models import FeatureListNet
from torch import nn

from openbml_kit.faults import PlatformFault

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# Counters of normalisation layers: weights published with frozen ones lack them, and training counts anew.
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True)
class PretrainedPart:
    """A part of a network.

    Attributes:
        module: what is filled.
        own: beginnings of the names of its layers that depend on the job's labels, or that the published
            network has not.
        file_names: names of its tensors in the file, where they differ.
        prepare: brings a file's tensors to the network's shapes, e.g. position embeddings to its input size.
        mean, std: of the input that the weights were trained on.
    """

    module: nn.Module
    own: tuple[str, ...] = ()
    file_names: Mapping[str, str] = field(default_factory=dict)
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    prepare: Callable[[Mapping[str, torch.Tensor]], Mapping[str, torch.Tensor]] = dict

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Fill the part; tensors of the file that it has not, as a classifier's last layer, are passed over.

        Raises:
            PlatformFault: a tensor of the part is missing in the file or has another shape.
        """
        filled, strange = {}, []
        state = self.prepare(state)
        for name, tensor in self.module.state_dict().items():
            if name.startswith(self.own) or name.endswith(_COUNTER):
                continue
            given = state.get(self.file_names.get(name, name))
            if given is None or given.shape != tensor.shape:
                strange.append(name)
            else:
                filled[name] = given
        if strange:
            raise PlatformFault(f"weights do not fit the network: {', '.join(strange[:5])}")
        self.module.load_state_dict(filled, strict=False)


@runtime_checkable
class TakesPretrained(Protocol):
    """A network that says itself which part of it weights of a tag fill."""

    def pretrained_part(self, tag: str) -> PretrainedPart: ...


class TimmBackbone(nn.Module):
    """timm's features of a backbone, whose tensors have the names of the whole network's."""

    def __init__(self, model: str, out_indices: tuple[int, ...]) -> None:
        super().__init__()
        self.features = timm.create_model(model, features_only=True, out_indices=out_indices)

    @property
    def channels(self) -> list[int]:
        found: list[int] = self.features.feature_info.channels()
        return found

    def forward(self, images: torch.Tensor) -> list[torch.Tensor]:
        levels: list[torch.Tensor] = self.features(images)
        return levels

    def pretrained_part(self, tag: str, *, own: tuple[str, ...] = ()) -> PretrainedPart:
        config = timm.get_pretrained_cfg(tag)
        mean, std = (IMAGENET_MEAN, IMAGENET_STD) if config is None else (config.mean, config.std)
        return PretrainedPart(self.features, own, self._file_names(), tuple(mean), tuple(std))

    def _file_names(self) -> dict[str, str]:
        """timm joins names of nested stages when it takes features: `stages_0.conv` was `stages.0.conv`."""
        if not isinstance(self.features, FeatureListNet):
            return {}
        children = {name: name.replace("_", ".", 1) for name, _ in self.features.named_children()}
        return {
            name: ".".join((children[child], *rest))
            for name in self.features.state_dict()
            for child, *rest in [name.split(".")]
        }
