"""A job's model folder: the graph and its variants, and `model.json`, which says how they are served."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from openbml_deep.export.graphs import Activation
from openbml_deep.export.model_files import Exported, NetworkExport, export_network, framework_versions
from openbml_deep.export.variants import Planes
from openbml_deep.tasks.objects import AnnotatedImage
from openbml_deep.tasks.task import BuiltNetwork, Evaluated, TaskJob
from openbml_kit.files import write_json
from openbml_kit.images import DECODER
from openbml_kit.model_manifest import MANIFEST_FILE, ImageInput, ModelManifest, Outputs
from openbml_kit.provenance import code_digest, image_digest

# Training images whose ranges an int8 variant is made for.
_CALIBRATION_IMAGES = 64
# Evaluated images on which variants are compared; evenly spread where there are more.
_MEASURED_IMAGES = 500


@dataclass(frozen=True)
class TaskModel:
    """What a task adds to the export of its network.

    Attributes:
        planes: the network's inputs of the first so many views of the images, shape (n, 3, size, size), as
            serving computes them.
        evaluate: the task's own.
        proof_samples: how many inputs the graph and the network are compared on.
    """

    job: TaskJob
    built: BuiltNetwork
    outputs: Outputs
    resize: str
    planes: Callable[[Sequence[AnnotatedImage], int], torch.Tensor]
    evaluate: Callable[[nn.Module, Sequence[AnnotatedImage]], Evaluated]
    proof_samples: int
    activation: Activation = "softmax"
    tile: int = 0


def write_model(
    network: nn.Module,
    folder: Path,
    model: TaskModel,
    *,
    evaluated: Sequence[AnnotatedImage],
    training: Sequence[AnnotatedImage],
    report: Mapping[str, Any],
) -> dict[str, Any]:
    """Write the folder and return the proof with the variants, `onnx` of the report.

    Raises:
        PlatformFault: the graph's answers differ from the network's.
    """
    settings = model.job.settings
    measured = spread(evaluated, _MEASURED_IMAGES)

    def quality(candidate: nn.Module) -> float:
        return model.evaluate(candidate, measured).quality

    def calibration() -> list[Planes]:
        planes = model.planes(spread(training, _CALIBRATION_IMAGES), _CALIBRATION_IMAGES)
        return [planes[row : row + 1].numpy() for row in range(len(planes))]

    asked = NetworkExport(
        outputs=model.outputs,
        samples=model.planes(evaluated, model.proof_samples).contiguous(),
        calibration=calibration,
        quality=None if settings.export_variants == "none" else quality,  # it takes a pass over the images
        variants=settings.export_variants,
        activation=model.activation,
    )
    exported = export_network(network, folder, asked, model.job.note)
    manifest = _manifest(model, exported, report)
    write_json(folder / MANIFEST_FILE, manifest.model_dump(mode="json"))
    return exported.report()


def spread(images: Sequence[AnnotatedImage], most: int) -> list[AnnotatedImage]:
    """Return at most so many of the images, evenly spread over all of them."""
    step = max(1, -(-len(images) // most))
    return list(images[::step])


def _manifest(model: TaskModel, exported: Exported, report: Mapping[str, Any]) -> ModelManifest:
    settings, built = model.job.settings, model.built
    return ModelManifest(
        task=settings.task,
        network=settings.network,
        labels=settings.labels,
        input=ImageInput(
            size=settings.input_size,
            mean=built.mean,
            std=built.std,
            resize=model.resize,
            decoder=DECODER,
            tile=model.tile,
        ),
        outputs=exported.outputs,
        recommended_threshold=report["recommended_threshold"],
        onnx=exported.proof,
        variants=exported.variants,
        weights_source=built.weights_source,
        run_id=settings.run_id,
        snapshot_id=report["dataset"][0]["snapshot_id"],
        framework_versions=framework_versions(),
        code_digest=code_digest("openbml_deep", "openbml_kit", "openbml_catalog"),
        image_digest=image_digest(),
    )
