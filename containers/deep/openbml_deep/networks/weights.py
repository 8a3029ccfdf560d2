"""Where a network's weights come from: an earlier run, the weights registry, or chance. For every adapter."""

import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from openbml_catalog.networks import wanted_weights
from openbml_deep.networks import (
    NetworkPlan,
    build_network,
    continued_by_adapter,
    label_names,
    pretrained_part,
)
from openbml_deep.networks.pretrained import IMAGENET_MEAN, IMAGENET_STD
from openbml_deep.scripts import scripted
from openbml_deep.tasks.task import BuiltNetwork, TaskJob
from openbml_kit.faults import PlatformFault, UserFault
from openbml_kit.files import sha256_of

SCRATCH = "scratch"
# What a run leaves for a later one, in `output/data`.
WEIGHTS_FILE = "weights.pt"
REPORT_FILE = "report.json"

State = Mapping[str, torch.Tensor]


def started_network(job: TaskJob, options: Mapping[str, Any] | None = None) -> BuiltNetwork:
    """Return the job's network with its first weights: of the run it goes on from, else of the registry, else
    random ones, with a note that says which; where the job has a script, what the script makes of it.

    Args:
        options: hyper-parameters that change the network's structure.

    Raises:
        UserFault: the earlier run trained something else, or the script breaks its contract.
        PlatformFault: the registry's files contradict its index.
    """
    settings = job.settings
    torch.manual_seed(settings.seed)
    plan = NetworkPlan(settings.catalogue_network, len(settings.labels), settings.input_size, options or {})
    network = build_network(plan)
    head = label_names(plan, network)
    if job.base_folder is not None:
        # A script's network is loaded whole: what it was made of has other names in it.
        network, head = _made_by_script(job, network, head)
        return _continued(job, plan, network, head, job.base_folder)
    if settings.weights == "none":
        built = BuiltNetwork(network, IMAGENET_MEAN, IMAGENET_STD, SCRATCH, head)
    else:
        built = _pretrained(job, plan, network, head)
    network, head = _made_by_script(job, built.network, built.head)
    return replace(built, network=network, head=head)


def _made_by_script(
    job: TaskJob, network: nn.Module, head: frozenset[str]
) -> tuple[nn.Module, frozenset[str]]:
    """Return the script's network and the names in it that were not in the chosen one."""
    if job.script is None:
        return network, head
    settings = job.settings
    known = {id(parameter) for name, parameter in network.named_parameters() if name not in head}
    made = scripted(
        network,
        job.script,
        task=settings.task,
        class_count=len(settings.labels),
        input_size=settings.input_size,
    )
    return made, frozenset(name for name, parameter in made.named_parameters() if id(parameter) not in known)


def _continued(
    job: TaskJob, plan: NetworkPlan, network: nn.Module, head: frozenset[str], folder: Path
) -> BuiltNetwork:
    """Load what an earlier run left; its head only where the labels are the same."""
    settings = job.settings
    try:
        earlier = json.loads((folder / REPORT_FILE).read_bytes())
        state: State = torch.load(folder / WEIGHTS_FILE, map_location="cpu", weights_only=True)
        trained = {name: earlier[name] for name in ("task", "network", "labels", "run_id")}
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise PlatformFault(f"the earlier run's model cannot be read: {error}") from error
    if continued_by_adapter(plan, network, trained, state):
        job.note("info", f"training goes on from run {trained['run_id']} of {trained['network']}")
        return BuiltNetwork(network, IMAGENET_MEAN, IMAGENET_STD, f"base:{trained['run_id']}", head)
    for name in ("task", "network"):
        if trained[name] != getattr(settings, name):
            raise UserFault(
                f"the run to go on from trained {name} {trained[name]}, this one trains "
                f"{getattr(settings, name)}: choose a run of the same {name}"
            )
    same = trained["labels"] == settings.labels
    _load(network, state, frozenset[str]() if same else head)
    told = "with its labels" if same else "with other labels: its last layers start anew"
    job.note("info", f"training goes on from run {trained['run_id']}, {told}")
    shown = earlier.get("input", {})
    return BuiltNetwork(
        network,
        tuple(shown.get("mean", IMAGENET_MEAN)),
        tuple(shown.get("std", IMAGENET_STD)),
        f"base:{trained['run_id']}",
        head,
    )


def _pretrained(job: TaskJob, plan: NetworkPlan, network: nn.Module, head: frozenset[str]) -> BuiltNetwork:
    settings, folder = job.settings, job.weights_folder
    wanted = wanted_weights(settings.task, plan.network.name, settings.params())
    entry = _registry_entry(folder, wanted) if wanted and folder else None
    if entry is None or folder is None or wanted is None:
        reason = (
            f"the catalogue lists no {settings.weights_family} weights of {plan.network.name}"
            if wanted is None
            else f"the weights registry does not hold {wanted}"
        )
        job.note("warning", f"no pre-trained weights: {reason}; training from scratch")
        return BuiltNetwork(network, IMAGENET_MEAN, IMAGENET_STD, SCRATCH, head)
    part = pretrained_part(plan, network, wanted, head)
    part.load(_registry_state(folder / entry["file"], entry["sha256"]))
    job.note("info", f"pre-trained weights {wanted}, licence {entry.get('licence', 'unknown')}")
    row = next((row for row in plan.network.weights if row.tag == wanted), None)
    if row is not None and not row.commercial:
        job.note("warning", f"weights {wanted}: no licence for commercial use is known ({row.licence})")
    return BuiltNetwork(network, part.mean, part.std, wanted, head)


def _registry_entry(folder: Path, tag: str) -> dict[str, str] | None:
    try:
        rows: list[dict[str, Any]] = json.loads((folder / "index.json").read_bytes())["weights"]
    except (OSError, ValueError, KeyError) as error:
        raise PlatformFault(f"the weights registry's index.json cannot be read: {error}") from error
    return next((row for row in rows if row["tag"] == tag), None)


def _registry_state(path: Path, sha256: str) -> State:
    """Nothing in a file of weights is run: torch's own archives are read for tensors only."""
    if not path.is_file() or sha256_of(path) != sha256:
        raise PlatformFault(f"weights {path.name} are missing or differ from their SHA-256")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        loaded: State = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise UserFault(f"weights {path.name} cannot be loaded: {error}") from error
    return loaded


def _load(network: nn.Module, state: State, skipped: frozenset[str]) -> None:
    """Load all but the skipped names; everything else must be there and fit."""
    wanted = network.state_dict()
    strange = [
        name
        for name, tensor in wanted.items()
        if name not in skipped and (name not in state or state[name].shape != tensor.shape)
    ]
    strange += [name for name in state if name not in wanted and name not in skipped]
    if strange:
        raise UserFault(f"the earlier run's weights do not fit the network: {', '.join(strange[:5])}")
    kept = {name: tensor for name, tensor in state.items() if name not in skipped}
    network.load_state_dict(kept, strict=False)
