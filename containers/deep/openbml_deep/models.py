"""Builds a catalogue network with timm and finds its pre-trained weights."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from openbml_catalog.networks import wanted_weights
from openbml_deep.settings import TrainingSettings
from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of

SCRATCH = "scratch"
_WEIGHTS_CHOICE = {"weights", "weights_family", "weights_tag"}
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class BuiltModel:
    model: nn.Module
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    weights_source: str


def build_model(
    settings: TrainingSettings, *, weights_folder: Path | None, note: Callable[[str, str], None]
) -> BuiltModel:
    """Return the network with as many outputs as labels; where weights are missing, say so and start from
    scratch.

    Args:
        weights_folder: the job's `weights` channel: the weights registry's files with their `index.json`.

    Raises:
        PlatformFault: the registry's files contradict its index.
    """
    network = settings.catalogue_network
    torch.manual_seed(settings.seed)
    model = timm.create_model(network.build["model"], pretrained=False, num_classes=len(settings.labels))
    if settings.weights == "none":
        return BuiltModel(model, _IMAGENET_MEAN, _IMAGENET_STD, SCRATCH)
    wanted = wanted_weights(settings.task, network.name, settings.model_dump(include=_WEIGHTS_CHOICE))
    entry = _registry_entry(weights_folder, wanted) if wanted and weights_folder else None
    if entry is None or weights_folder is None or wanted is None:
        reason = (
            f"the catalogue lists no {settings.weights_family} weights of {network.name}"
            if wanted is None
            else f"the weights registry does not hold {wanted}"
        )
        note("warning", f"no pre-trained weights: {reason}; training from scratch")
        return BuiltModel(model, _IMAGENET_MEAN, _IMAGENET_STD, SCRATCH)
    _load(
        model,
        weights_folder / entry["file"],
        entry["sha256"],
        classifier=str(model.pretrained_cfg["classifier"]),
    )
    note("info", f"pre-trained weights {wanted}, licence {entry.get('licence', 'unknown')}")
    config = None if settings.weights_tag else timm.get_pretrained_cfg(wanted)
    if config is None:
        return BuiltModel(model, _IMAGENET_MEAN, _IMAGENET_STD, wanted)
    return BuiltModel(model, tuple(config.mean), tuple(config.std), wanted)


def _registry_entry(folder: Path, tag: str) -> dict[str, str] | None:
    try:
        rows: list[dict[str, Any]] = json.loads((folder / "index.json").read_bytes())["weights"]
    except (OSError, ValueError, KeyError) as error:
        raise PlatformFault(f"the weights registry's index.json cannot be read: {error}") from error
    return next((row for row in rows if row["tag"] == tag), None)


def _load(model: nn.Module, path: Path, sha256: str, *, classifier: str) -> None:
    if not path.is_file() or sha256_of(path) != sha256:
        raise PlatformFault(f"weights {path.name} are missing or differ from their SHA-256")
    state = {
        name: tensor for name, tensor in load_file(path).items() if not name.startswith(classifier + ".")
    }
    missing, unexpected = model.load_state_dict(state, strict=False)
    strange = [name for name in missing if not name.startswith(classifier + ".")] + unexpected
    if strange:
        raise PlatformFault(f"weights {path.name} do not fit the network: {', '.join(strange[:5])}")
