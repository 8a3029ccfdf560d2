"""The training engine's parts on a network small enough to compute by hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import timm
import torch
from torch import nn

from openbml_catalog.networks import networks
from openbml_deep.engine.cluster import ALONE
from openbml_deep.engine.device import Device
from openbml_deep.engine.memory import image_count, parts_of
from openbml_deep.engine.optimisation import Schedule, build_optimizer, layer_rates
from openbml_deep.engine.steps import Stepper
from openbml_deep.networks import NetworkPlan, build_network, label_names
from openbml_deep.settings import TrainingSettings, read_settings
from openbml_kit.faults import UserFault

CPU = Device(torch.device("cpu"), None)


@dataclass(frozen=True)
class Batch:
    inputs: torch.Tensor
    targets: Sequence[torch.Tensor]
    factor: float = 1.0


class LineTask:
    """Least squares of a line; more than `room` images do not fit into its memory."""

    def __init__(self, room: int) -> None:
        self._room = room

    def loss(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        if len(batch.inputs) > self._room:
            raise torch.OutOfMemoryError("out of memory")
        return (network(batch.inputs)[:, 0] - torch.stack(list(batch.targets))).square().mean() * batch.factor


def settings(**given: object) -> TrainingSettings:
    texts = {name: str(value) for name, value in given.items()}
    base = {"task": "image_classification", "network": "ResNet18_vd", "labels": '["a", "b"]'}
    return read_settings({**base, "optimizer": "sgd", "learning_rate": "0.1", "weight_decay": "0", **texts})


def batch(count: int, *, seed: int = 0) -> Batch:
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(count, 3, generator=random)
    return Batch(inputs, tuple(inputs.sum(dim=1)))


def line() -> nn.Module:
    torch.manual_seed(3)
    return nn.Linear(3, 1)


def stepper(network: nn.Module, *, room: int, notes: list[str], **given: object) -> Stepper[Batch]:
    chosen = settings(**given)
    note = lambda _level, text: notes.append(text)  # noqa: E731
    optimizer = build_optimizer(network, chosen, layer_rates(network, chosen, frozenset(), note))
    return Stepper(LineTask(room), network, optimizer, chosen, CPU, note=note, world=ALONE)  # type: ignore[arg-type]


def text_of(kind: type[Exception], work: Callable[[], object]) -> str:
    try:
        work()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__} was raised")


def weights_after(
    batches: Sequence[Batch], *, room: int = 99, **given: object
) -> tuple[torch.Tensor, list[str]]:
    network, notes = line(), list[str]()
    stepper(network, room=room, notes=notes, **given).step(batches)
    return network.weight.detach().clone(), notes


def check_a_batch_is_cut_in_order_with_everything_that_is_of_an_image() -> None:
    whole = batch(7)
    parts = parts_of(whole, 3)
    assert [image_count(part) for part in parts] == [3, 3, 1]
    assert torch.equal(torch.cat([part.inputs for part in parts]), whole.inputs)
    assert [target for part in parts for target in part.targets] == list(whole.targets)
    assert parts_of(whole, 1)[0] is whole


def check_a_batch_that_does_not_fit_gives_the_same_step_in_parts_and_is_told() -> None:
    whole, told = weights_after([batch(8)])
    parts, notes = weights_after([batch(8)], room=2)
    assert torch.allclose(whole, parts, atol=1e-6), (whole, parts)
    assert told == []
    assert [note.split(":")[0] for note in notes] == ["a batch of 8 images does not fit into the memory"] * 2


def check_the_parts_stay_for_the_next_step() -> None:
    notes: list[str] = []
    steps = stepper(line(), room=2, notes=notes)
    steps.step([batch(8)])
    steps.step([batch(8, seed=1)])
    assert (steps.parts, len(notes)) == (4, 2)


def check_a_single_image_that_does_not_fit_is_the_users_fault() -> None:
    told = text_of(UserFault, lambda: weights_after([batch(2)], room=0))
    assert "a single image of 224 px does not fit" in told
    assert "smaller input_size" in told


def check_another_error_is_not_taken_for_too_little_memory() -> None:
    broken = Batch(torch.randn(4, 5), tuple(torch.zeros(4)))
    assert "shapes cannot be multiplied" in text_of(RuntimeError, lambda: weights_after([broken]))


def check_accumulated_batches_are_one_large_batch() -> None:
    large = batch(6)
    small = [Batch(large.inputs[row : row + 2], large.targets[row : row + 2]) for row in (0, 2, 4)]
    assert torch.allclose(weights_after([large])[0], weights_after(small)[0], atol=1e-6)


def check_a_clipped_gradient_has_the_norm_that_was_asked_for() -> None:
    before, network = line(), line()
    stepper(network, room=99, notes=[], gradient_clip=0.01).step([batch(8)])
    moved = torch.cat(
        [(a - b).flatten() for a, b in zip(before.parameters(), network.parameters(), strict=True)]
    )
    # SGD with Nesterov momentum moves 1.9 gradients at its first step.
    assert abs(float(moved.norm()) - 0.1 * 1.9 * 0.01) < 1e-5


def check_schedules_rise_and_fall_as_they_say() -> None:
    cosine, step, constant = (
        Schedule(kind, peak=1.0, warmup_steps=10, total_steps=100) for kind in ("cosine", "step", "constant")
    )
    for schedule in (cosine, step, constant):
        assert [schedule.rate(0), schedule.rate(4), schedule.rate(9)] == [0.1, 0.5, 1.0]
    assert abs(cosine.rate(55) - 0.505) < 1e-9
    assert abs(cosine.rate(100) - 0.01) < 1e-9
    assert [round(step.rate(at), 6) for at in (60, 75, 95)] == [1.0, 0.1, 0.01]
    assert constant.rate(99) == 1.0


def check_the_backbone_learns_by_its_factor_and_the_head_by_the_whole_rate() -> None:
    plan = NetworkPlan(networks("image_classification")["ResNet18_vd"], 2, 32)
    network = build_network(plan)
    head = label_names(plan, network)
    assert head == {"fc.weight", "fc.bias"}
    rates = layer_rates(network, settings(backbone_learning_rate_factor=0.1), head, print)
    assert (rates["fc.weight"], rates["conv1.0.weight"]) == (1.0, 0.1)
    groups = build_optimizer(network, settings(backbone_learning_rate_factor=0.1), rates).param_groups
    assert sorted({group["share"] for group in groups}) == [0.1, 1.0]
    count = sum(len(group["params"]) for group in groups)
    assert count == len(list(network.parameters()))


def check_layers_learn_the_more_slowly_the_deeper_they_lie() -> None:
    network = timm.create_model("vit_tiny_patch16_224", img_size=32, num_classes=2)
    rates = layer_rates(network, settings(layer_decay=0.5), frozenset({"head.weight", "head.bias"}), print)
    first, last = rates["blocks.0.mlp.fc1.weight"], rates["blocks.11.mlp.fc1.weight"]
    assert rates["head.weight"] == 1.0
    assert rates["patch_embed.proj.weight"] < first < last <= 0.5
    assert abs(first / last - 0.5**11) < 1e-12


def check_a_network_without_layers_says_that_the_decay_is_left_out() -> None:
    notes: list[str] = []
    layer_rates(line(), settings(layer_decay=0.5), frozenset(), lambda _level, text: notes.append(text))
    assert notes == ["layer_decay is left out: network ResNet18_vd does not tell its layers"]
