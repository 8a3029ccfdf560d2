"""Names of tensors in published files of transformers, which keep those of older versions."""

from torch import nn
from transformers.core_model_loading import revert_weight_conversion


def published_names(model: nn.Module) -> dict[str, str]:
    """Return the published name of each tensor of a transformers model."""
    return {
        name: next(iter(revert_weight_conversion(model, {name: tensor})))
        for name, tensor in model.state_dict().items()
    }
