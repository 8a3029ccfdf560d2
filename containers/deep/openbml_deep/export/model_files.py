"""The files of a model folder, each proven or measured before it is kept."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from openbml_deep.export.exported_networks import GraphSession, exported_network
from openbml_deep.export.graphs import OPSET, Activation, graph_of, write_graph
from openbml_deep.export.parity import Difference, difference_of
from openbml_deep.export.variants import Planes, VariantError, write_fp16, write_int8
from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of, write_atomically
from openbml_kit.model_manifest import FILES, OnnxProof, Outputs, Precision, Variant

ExportVariants = Literal["none", "int8", "fp16", "all"]

# A variant that loses more of the task's figure of quality than this is kept, and not recommended.
ALLOWED_LOSS = 0.01
_FRAMEWORKS = ("torch", "torchvision", "timm", "transformers", "onnx", "onnxruntime", "pillow")
_TIMED_RUNS = 10
_MOST_TIMED_SECONDS = 3.0


@dataclass(frozen=True)
class NetworkExport:
    """What a task knows of the export.

    Attributes:
        outputs: the graph's; of instance segmentation `mask_frame` says what `network.graph()` gives.
        samples: real images as the network sees them, shape (n, 3, size, size); the proof is made on them.
        calibration: real training images, each of shape (1, 3, size, size); asked for by int8 only.
        quality: the task's figure over the evaluated images, given a network of the task's kind; None:
            variants are written unmeasured.
        activation: of a classifier's scores.
    """

    outputs: Outputs
    samples: torch.Tensor
    calibration: Callable[[], Sequence[Planes]] = tuple
    quality: Callable[[nn.Module], float] | None = None
    variants: ExportVariants = "none"
    activation: Activation = "softmax"


@dataclass(frozen=True)
class Exported:
    """What `model.json` and the report say of the export."""

    outputs: Outputs
    proof: OnnxProof
    variants: tuple[Variant, ...]

    def report(self) -> dict[str, Any]:
        """Return `onnx` of the report: the proof, with the variants."""
        return {
            **self.proof.model_dump(mode="json", exclude_none=True),
            "variants": [variant.model_dump(mode="json") for variant in self.variants],
        }


def export_network(
    network: nn.Module, folder: Path, asked: NetworkExport, note: Callable[[str, str], None]
) -> Exported:
    """Write `model.onnx` and the variants asked for to the folder.

    The network is moved to the CPU and into evaluation mode. A variant that cannot be made is noted and left
    out.

    Raises:
        PlatformFault: the graph's answers differ from the network's; no file is left.
    """
    network = network.cpu().to(memory_format=torch.contiguous_format).eval()
    path = folder / FILES["fp32"]
    difference = _write_proven(network, path, asked)
    whole = _measured("fp32", path, asked)
    variants = [whole]
    for precision in _precisions(asked.variants):
        try:
            variants.append(_variant(precision, folder, whole, asked))
        except VariantError as error:
            note("warning", f"the model has no {precision} variant, its graph cannot be converted: {error}")
    return Exported(asked.outputs, _proof(difference, path), tuple(variants))


def framework_versions() -> Mapping[str, str]:
    """Return the versions that a model's figures hold for."""
    return {name: version(name) for name in _FRAMEWORKS}


def _write_proven(network: nn.Module, path: Path, asked: NetworkExport) -> Difference:
    compared: list[Difference] = []

    def write(draft: Path) -> None:
        write_graph(
            graph_of(network, asked.outputs, asked.activation), draft, asked.outputs, asked.samples[:1]
        )
        exported = exported_network(GraphSession(draft, asked.outputs), asked.outputs, asked.activation)
        difference = difference_of(network, exported, asked.samples, asked.outputs, asked.activation)
        if difference.refusal is not None:
            raise PlatformFault(f"ONNX export refused: {difference.refusal}")
        compared.append(difference)

    write_atomically(path, write)
    return compared[0]


def _proof(difference: Difference, path: Path) -> OnnxProof:
    return OnnxProof(
        opset=OPSET,
        max_abs_diff=difference.max_abs_diff,
        tolerance=difference.tolerance,
        sha256=sha256_of(path),
        compared_samples=difference.samples,
        compared_objects=difference.objects,
        least_iou=difference.least_iou,
        pixel_agreement=difference.pixel_agreement,
    )


def _precisions(variants: ExportVariants) -> Sequence[Precision]:
    if variants == "all":
        return ("int8", "fp16")
    return () if variants == "none" else (variants,)


def _variant(precision: Precision, folder: Path, whole: Variant, asked: NetworkExport) -> Variant:
    source, path = folder / FILES["fp32"], folder / FILES[precision]

    def write(draft: Path) -> None:
        if precision == "int8":
            write_int8(source, draft, asked.calibration())
        else:
            write_fp16(source, draft)
        _check_runs(draft, asked)

    write_atomically(path, write)
    made = _measured(precision, path, asked)
    if whole.quality is None or made.quality is None:
        return made.model_copy(update={"recommended": False})
    loss = whole.quality - made.quality
    return made.model_copy(update={"quality_loss": loss, "recommended": loss <= ALLOWED_LOSS})


def _check_runs(path: Path, asked: NetworkExport) -> None:
    try:
        GraphSession(path, asked.outputs).run(asked.samples[:1].numpy())
    except Exception as error:  # onnxruntime's own errors have no other base
        raise VariantError(f"{type(error).__name__}: {error}") from error


def _measured(precision: Precision, path: Path, asked: NetworkExport) -> Variant:
    session = GraphSession(path, asked.outputs)
    network = exported_network(session, asked.outputs, asked.activation)
    with torch.inference_mode():
        quality = None if asked.quality is None else float(asked.quality(network))
    return Variant(
        precision=precision,
        file=path.name,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        quality=quality,
        quality_loss=None if quality is None or precision != "fp32" else 0.0,
        latency_ms=_latency_ms(session, asked.samples[:1]),
    )


def _latency_ms(session: GraphSession, image: torch.Tensor) -> float:
    """Return the median of one image on one core; the first run, which allocates, does not count."""
    planes = image.numpy()
    session.run(planes)
    times: list[float] = []
    until = time.perf_counter() + _MOST_TIMED_SECONDS
    while len(times) < _TIMED_RUNS and (not times or time.perf_counter() < until):
        began = time.perf_counter()
        session.run(planes)
        times.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(times), 3)
