"""Pre-trained weights for a network of any adapter: found in the weights registry, checked, loaded."""

import json
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from torch import nn

from openbml_catalog.networks import wanted_weights
from openbml_deep.networks import NetworkPlan, build_network
from openbml_deep.tasks.task import BuiltNetwork, TaskJob
from openbml_kit.faults import PlatformFault
from openbml_kit.files import sha256_of

SCRATCH = "scratch"
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


def started_network(job: TaskJob) -> BuiltNetwork:
    """Return the job's network with as many outputs as labels; where weights are missing, say so and start
    from scratch.

    Raises:
        PlatformFault: the registry's files contradict its index.
    """
    settings = job.settings
    network = settings.catalogue_network
    torch.manual_seed(settings.seed)
    model = build_network(NetworkPlan(network, len(settings.labels), settings.input_size))
    if settings.weights == "none":
        return BuiltNetwork(model, _IMAGENET_MEAN, _IMAGENET_STD, SCRATCH)
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
        return BuiltNetwork(model, _IMAGENET_MEAN, _IMAGENET_STD, SCRATCH)
    _load(model, folder / entry["file"], entry["sha256"], classifier=str(model.pretrained_cfg["classifier"]))
    job.note("info", f"pre-trained weights {wanted}, licence {entry.get('licence', 'unknown')}")
    config = None if settings.weights_tag else timm.get_pretrained_cfg(wanted)
    if config is None:
        return BuiltNetwork(model, _IMAGENET_MEAN, _IMAGENET_STD, wanted)
    return BuiltNetwork(model, tuple(config.mean), tuple(config.std), wanted)


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
