"""Pre-trained weights for a network of any adapter: found in the weights registry, checked, loaded."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from openbml_catalog.networks import wanted_weights
from openbml_deep.networks import NetworkPlan, build_network
from openbml_deep.networks.pretrained import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    PretrainedPart,
    TakesPretrained,
)
from openbml_deep.scripts import scripted
from openbml_deep.tasks.task import BuiltNetwork, TaskJob
from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of

SCRATCH = "scratch"


def started_network(job: TaskJob, options: Mapping[str, Any] | None = None) -> BuiltNetwork:
    """Return the job's network; where the job has a script, what the script makes of it.

    Args:
        options: hyper-parameters that change the network's structure.

    Raises:
        PlatformFault: the registry's files contradict its index.
        UserFault: the script breaks its contract.
    """
    built = _preset_network(job, options)
    if job.script is None:
        return built
    settings = job.settings
    network = scripted(
        built.network,
        job.script,
        task=settings.task,
        class_count=len(settings.labels),
        input_size=settings.input_size,
    )
    return replace(built, network=network)


def _preset_network(job: TaskJob, options: Mapping[str, Any] | None = None) -> BuiltNetwork:
    """Return the job's network with as many outputs as labels; where weights are missing, say so and start
    from scratch.

    Args:
        options: hyper-parameters that change the structure.

    Raises:
        PlatformFault: the registry's files contradict its index.
    """
    settings = job.settings
    network = settings.catalogue_network
    torch.manual_seed(settings.seed)
    model = build_network(NetworkPlan(network, len(settings.labels), settings.input_size, options or {}))
    if settings.weights == "none":
        return BuiltNetwork(model, IMAGENET_MEAN, IMAGENET_STD, SCRATCH)
    wanted = wanted_weights(settings.task, network.name, settings.params())
    folder = job.weights_folder
    entry = _registry_entry(folder, wanted) if wanted and folder else None
    if entry is None or folder is None or wanted is None:
        reason = (
            f"the catalogue lists no {settings.weights_family} weights of {network.name}"
            if wanted is None
            else f"the weights registry does not hold {wanted}"
        )
        job.note("warning", f"no pre-trained weights: {reason}; training from scratch")
        return BuiltNetwork(model, IMAGENET_MEAN, IMAGENET_STD, SCRATCH)
    part = _part(model, wanted)
    part.load(_checked(folder / entry["file"], entry["sha256"]))
    job.note("info", f"pre-trained weights {wanted}, licence {entry.get('licence', 'unknown')}")
    return BuiltNetwork(model, part.mean, part.std, wanted)


def _part(model: nn.Module, tag: str) -> PretrainedPart:
    if isinstance(model, TakesPretrained):
        return model.pretrained_part(tag)
    config = timm.get_pretrained_cfg(tag)
    own = (f"{model.pretrained_cfg['classifier']}.",)
    if config is None:  # weights of one's own: their input is taken for ImageNet's
        return PretrainedPart(model, own)
    return PretrainedPart(model, own, mean=tuple(config.mean), std=tuple(config.std))


def _registry_entry(folder: Path, tag: str) -> dict[str, str] | None:
    try:
        rows: list[dict[str, Any]] = json.loads((folder / "index.json").read_bytes())["weights"]
    except (OSError, ValueError, KeyError) as error:
        raise PlatformFault(f"the weights registry's index.json cannot be read: {error}") from error
    return next((row for row in rows if row["tag"] == tag), None)


def _checked(path: Path, sha256: str) -> dict[str, torch.Tensor]:
    if not path.is_file() or sha256_of(path) != sha256:
        raise PlatformFault(f"weights {path.name} are missing or differ from their SHA-256")
    state: dict[str, torch.Tensor] = load_file(path)
    return state
