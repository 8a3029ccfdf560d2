"""Networks as the graphs that are exported: everything up to scores in 0..1 is inside."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import onnx
import torch
from torch import nn

from openbml_deep.networks.interfaces import DetectionNetwork, SemanticNetwork
from openbml_kit.model_manifest import Outputs

OPSET = 17
INPUT = "image"

Activation = Literal["softmax", "sigmoid"]


class _ClassScores(nn.Module):
    def __init__(self, network: nn.Module, activation: Activation) -> None:
        super().__init__()
        self.network = network
        self.activation = activation

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        logits = self.network(image)
        return torch.softmax(logits, dim=1) if self.activation == "softmax" else torch.sigmoid(logits)


class _PixelScores(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return torch.softmax(cast(SemanticNetwork, self.network).logits(image), dim=1)


def graph_of(network: nn.Module, outputs: Outputs, activation: Activation) -> nn.Module:
    """Return the module to trace: images → the outputs, in the order of their names."""
    if outputs.kind == "scores":
        return _ClassScores(network, activation).eval()
    if outputs.kind == "class_scores":
        return _PixelScores(network).eval()
    return cast(DetectionNetwork, network).graph().eval()


def write_graph(graph: nn.Module, path: Path, outputs: Outputs, example: torch.Tensor) -> None:
    """Write the graph; `example` is one image, shape (1, 3, size, size)."""
    with warnings.catch_warnings():
        # The other exporter needs onnxscript and changes the graph.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.simplefilter("ignore", UserWarning)
        with torch.inference_mode():
            torch.onnx.export(
                graph,
                (example,),
                str(path),
                dynamo=False,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=list(outputs.names),
                dynamic_axes=_dynamic_axes(outputs),
            )
    onnx.checker.check_model(str(path))


def _dynamic_axes(outputs: Outputs) -> Mapping[str, Mapping[int, str]]:
    """A classifier takes several images at once; the graphs of objects and pixels take one."""
    if outputs.kind == "scores":
        return {INPUT: {0: "n"}, "scores": {0: "n"}}
    if outputs.kind == "objects":
        return {name: {0: "objects"} for name in outputs.names}
    return {}
