"""ONNX export, proven equal to torch on real samples."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of, write_atomically
from openbml_kit.model_manifest import OnnxProof

OPSET = 17
# Of a probability; serving prints scores, and a difference below this changes no answer a user could see.
TOLERANCE = 1e-4

Planes = np.ndarray[Any, np.dtype[np.float32]]


@dataclass(frozen=True)
class _Compared:
    max_abs_diff: float
    samples: int


class _Scored(nn.Module):
    def __init__(self, model: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.activation = activation

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.activation(self.model(image))
        return scores


def export_onnx(
    model: nn.Module, path: Path, *, samples: Planes, activation: nn.Module | None = None
) -> OnnxProof:
    """Write the model with its activation at its end: `image` (n, 3, size, size) → `scores` (n, n_classes).

    Args:
        samples: real inputs, shape `(n, 3, size, size)`; the graph is compared on them in one batch and
        one by one.
        activation: makes scores of logits; a softmax where it is left out.

    Raises:
        PlatformFault: the graph differs from torch by more than the tolerance; nothing is left at `path`.
    """
    scored = _Scored(model, activation or nn.Softmax(dim=1)).cpu().to(memory_format=torch.contiguous_format).eval()
    compared = _Compared(0.0, 0)

    def write(draft: Path) -> None:
        nonlocal compared
        _write(scored, draft, samples[:1])
        compared = _compare(scored, draft, samples)
        if not compared.max_abs_diff <= TOLERANCE:
            raise PlatformFault(
                f"ONNX export refused: scores differ from torch by {compared.max_abs_diff:.3g}, "
                f"allowed is {TOLERANCE:g}"
            )

    write_atomically(path, write)
    return OnnxProof(
        opset=OPSET,
        max_abs_diff=compared.max_abs_diff,
        tolerance=TOLERANCE,
        sha256=sha256_of(path),
        compared_samples=compared.samples,
    )


def _write(scored: nn.Module, path: Path, example: Planes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # the other exporter needs onnxscript and changes the graph
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        torch.onnx.export(
            scored,
            (torch.from_numpy(example),),
            str(path),
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["scores"],
            dynamic_axes={"image": {0: "n"}, "scores": {0: "n"}},
        )
    onnx.checker.check_model(str(path))


def _compare(scored: nn.Module, path: Path, samples: Planes) -> _Compared:
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = scored(torch.from_numpy(samples)).numpy()
    together = session.run(None, {"image": samples})[0]
    alone = np.concatenate(
        [session.run(None, {"image": samples[row : row + 1]})[0] for row in range(len(samples))]
    )
    differences = np.maximum(np.abs(together - expected), np.abs(alone - expected))
    return _Compared(float(differences.max()), len(samples))
