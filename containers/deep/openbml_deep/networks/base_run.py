"""What an earlier run left to train on from (incremental training): its weights and its report."""

import json
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from openbml_deep.networks.pretrained import IMAGENET_MEAN, IMAGENET_STD
from openbml_deep.settings import TrainingSettings
from openbml_deep.tasks.task import BuiltNetwork
from openbml_kit.faults import PlatformFault, UserFault

# In the run's `output/data`.
WEIGHTS_FILE = "weights.pt"
REPORT_FILE = "report.json"


@dataclass(frozen=True)
class BaseRun:
    """`mean` and `std` are of the input it was trained with."""

    run_id: str
    task: str
    network: str
    labels: Sequence[str]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    state: Mapping[str, torch.Tensor]


def read_base_run(folder: Path) -> BaseRun:
    """Return what the channel `base` holds.

    Raises:
        PlatformFault: a file is missing or damaged.
    """
    try:
        report = json.loads((folder / REPORT_FILE).read_bytes())
        state = torch.load(folder / WEIGHTS_FILE, map_location="cpu", weights_only=True)
        shown = report.get("input", {})
        return BaseRun(
            report["run_id"],
            report["task"],
            report["network"],
            report["labels"],
            tuple(shown.get("mean", IMAGENET_MEAN)),
            tuple(shown.get("std", IMAGENET_STD)),
            state,
        )
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise PlatformFault(f"the model of the run to go on from cannot be read: {error}") from error


def fill_from_run(
    built: BuiltNetwork, base: BaseRun, settings: TrainingSettings, note: Callable[[str, str], None]
) -> BuiltNetwork:
    """Give the network the run's weights; where the labels differ, its last layers keep their random ones.

    Raises:
        UserFault: the run trained another task or network.
    """
    for what, earlier, now in (
        ("task", base.task, settings.task),
        ("network", base.network, settings.network),
    ):
        if earlier != now:
            raise UserFault(
                f"the run to go on from trained the {what} {earlier}, this one trains {now}: "
                f"choose a run of the same {what}"
            )
    wanted = built.network.state_dict()
    shapes = {name: tensor.shape for name, tensor in base.state.items()}
    unfit = {name for name, tensor in wanted.items() if shapes.get(name) != tensor.shape}
    same_labels = list(base.labels) == list(settings.labels)
    fresh = unfit if same_labels else unfit | built.head
    if len(fresh) > len(wanted) // 2:
        raise UserFault(
            f"the network of run {base.run_id} has another structure: choose the same script and the same "
            "structure hyper-parameters"
        )
    kept = {name: tensor for name, tensor in base.state.items() if name in wanted and name not in fresh}
    built.network.load_state_dict(kept, strict=False)
    if not same_labels:
        told = f"its labels are others, so {len(fresh)} tensors of the last layers start anew"
    elif fresh:
        told = f"{len(fresh)} tensors of another shape start anew"
    else:
        told = "all of its weights are taken"
    note("info", f"training goes on from run {base.run_id}: {told}")
    return replace(built, mean=base.mean, std=base.std, weights_source=f"base:{base.run_id}")
