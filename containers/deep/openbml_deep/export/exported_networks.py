"""Exported graphs as networks again: evaluation runs on them with the code that evaluated the trained one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import nn

from openbml_deep.export.graphs import INPUT, Activation
from openbml_deep.tasks.objects import Found
from openbml_kit.found_masks import square_masks
from openbml_kit.model_manifest import Outputs

Arrays = Mapping[str, np.ndarray[Any, Any]]

# Keeps the logarithm of a score of zero finite.
_LEAST_SCORE = 1e-30


class GraphSession:
    """One file in ONNX Runtime, as serving runs it; one core unless told otherwise."""

    def __init__(self, path: Path, outputs: Outputs, *, cores: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = cores
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            path.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        self._names = outputs.names

    def run(self, images: np.ndarray[Any, Any]) -> Arrays:
        found = self._session.run(list(self._names), {INPUT: images})
        return dict(zip(self._names, (np.asarray(array) for array in found), strict=True))


class ExportedClassifier(nn.Module):
    """Images → logits: those whose softmax or sigmoid are the graph's scores."""

    def __init__(self, session: GraphSession, activation: Activation) -> None:
        super().__init__()
        self._session = session
        self._activation = activation

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores = torch.from_numpy(self._session.run(images.cpu().numpy())["scores"].astype(np.float64))
        logits = scores.clamp(min=_LEAST_SCORE).log()
        if self._activation == "sigmoid":
            logits = logits - (1 - scores).clamp(min=_LEAST_SCORE).log()
        return logits.float()


class ExportedDetector(nn.Module):
    """Has the `found` of `DetectionNetwork`."""

    def __init__(self, session: GraphSession, outputs: Outputs) -> None:
        super().__init__()
        self._session = session
        self._outputs = outputs

    def found(self, images: torch.Tensor) -> list[Found]:
        size = images.shape[-1]
        return [_found(self._session.run(image[None]), self._outputs, size) for image in images.cpu().numpy()]


class ExportedSegmenter(nn.Module):
    """Has the `logits` of `SemanticNetwork`: those whose softmax are the graph's scores."""

    def __init__(self, session: GraphSession) -> None:
        super().__init__()
        self._session = session

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        scores = [self._session.run(image[None])["class_scores"] for image in images.cpu().numpy()]
        return torch.from_numpy(np.concatenate(scores).astype(np.float32)).clamp(min=_LEAST_SCORE).log()


def exported_network(session: GraphSession, outputs: Outputs, activation: Activation) -> nn.Module:
    """Return a network of the task's kind whose answers are the file's."""
    if outputs.kind == "scores":
        return ExportedClassifier(session, activation).eval()
    if outputs.kind == "class_scores":
        return ExportedSegmenter(session).eval()
    return ExportedDetector(session, outputs).eval()


def _found(arrays: Arrays, outputs: Outputs, size: int) -> Found:
    boxes = arrays["boxes"].astype(np.float32)
    masks = None
    if outputs.mask_frame is not None:
        masks = torch.from_numpy(square_masks(arrays["masks"], boxes, size, frame=outputs.mask_frame))
    return Found(
        boxes=torch.from_numpy(boxes),
        scores=torch.from_numpy(arrays["scores"].astype(np.float32)),
        classes=torch.from_numpy(arrays["classes"].astype(np.int64)),
        masks=masks,
    )
