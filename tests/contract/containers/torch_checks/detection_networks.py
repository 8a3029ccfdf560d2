"""Every detection network: a step of training, also on hard targets, and a proven export."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from openbml_catalog.networks import networks
from openbml_deep.export import NetworkExport, export_network
from openbml_deep.networks import NetworkPlan, build_network
from openbml_deep.tasks.objects import Target
from openbml_kit.model_manifest import Outputs

SIZE = 64
# Layers that say how likely a class is; those of a new network say nothing is.
_SCORING = ("predicted.bias", "class_embed", "class_labels_classifier")


def pictures(count: int) -> torch.Tensor:
    """Return bright rectangles on a dark ground."""
    random = np.random.default_rng(7)
    images = random.normal(-1, 0.1, size=(count, 3, SIZE, SIZE)).astype(np.float32)
    for image in images:
        x, y = random.integers(0, SIZE - 24, size=2)
        image[:, y : y + 24, x : x + 24] = random.uniform(0.5, 2, size=(3, 1, 1))
    return torch.from_numpy(images)


def network_of(name: str, label_count: int = 2) -> nn.Module:
    return build_network(NetworkPlan(networks("object_detection")[name], label_count, SIZE))


def target(*boxes: tuple[float, float, float, float]) -> Target:
    return Target(
        torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4), torch.zeros(len(boxes), dtype=torch.int64)
    )


def check_trains_a_step_and_exports(name: str) -> None:
    network = network_of(name).train()
    images = pictures(2)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    loss = sum(
        network.losses(images, [target((4, 4, 30, 40), (20, 10, 60, 50)), target((0, 0, 64, 64))]).values()
    )
    assert bool(torch.isfinite(loss)), loss
    loss.backward()
    trained = [parameter for parameter in network.parameters() if parameter.grad is not None]
    assert len(trained) > 0.95 * len(list(network.parameters()))
    assert all(bool(torch.isfinite(parameter.grad).all()) for parameter in trained)
    optimizer.step()
    exports(network)


def exports(network: nn.Module) -> None:
    for parameter_name, parameter in network.named_parameters():
        if parameter_name.endswith("bias") and any(part in parameter_name for part in _SCORING):
            parameter.data += 5.0
    with tempfile.TemporaryDirectory() as folder:
        asked = NetworkExport(outputs=Outputs(kind="objects"), samples=pictures(3))
        exported = export_network(network, Path(folder), asked, lambda _level, _text: None)
    assert exported.proof.compared_objects, "nothing was found, so that nothing was compared"
    assert exported.proof.max_abs_diff <= exported.proof.tolerance


def check_takes_images_without_boxes_and_with_more_boxes_than_it_can_find(name: str) -> None:
    """The many boxes in mixed precision."""
    network = network_of(name, label_count=1).train()
    many = [(float(x), float(y), x + 6.0, y + 5.0) for x in range(0, 58, 2) for y in range(0, 58, 3)]
    assert len(many) > 500
    for targets in ([target(), target()], [target(*many), target()]):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=len(targets[0].boxes) > 0):
            losses = network.losses(pictures(2), targets)
        loss = sum(losses.values())
        assert bool(torch.isfinite(loss)), losses
        loss.backward()
    network.eval()
    with torch.no_grad():
        for found in network.found(pictures(2)):
            assert len(found.scores) <= 100
            assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
            assert torch.equal(found.boxes, found.boxes.clamp(0, SIZE))
