"""Export of a single-label classifier: scores are a softmax."""

from pathlib import Path

import torch
from torch import nn

from openbml_deep.export.model_files import NetworkExport, export_network
from openbml_deep.export.variants import Planes
from openbml_kit.model_manifest import OnnxProof, Outputs


def export_onnx(model: nn.Module, path: Path, *, samples: Planes) -> OnnxProof:
    """Write the model with a softmax at its end: `image` (n, 3, size, size) → `scores` (n, n_classes).

    Args:
        path: `model.onnx` of the model folder.
        samples: real inputs, shape (n, 3, size, size).

    Raises:
        PlatformFault: the graph differs from torch; nothing is left at `path`.
    """
    asked = NetworkExport(outputs=Outputs(kind="scores"), samples=torch.from_numpy(samples))
    return export_network(model, path.parent, asked, note=lambda _level, _text: None).proof
