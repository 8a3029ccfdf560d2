"""Every segmentation network: a step of training, also on hard targets, weights by name, a proven export."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from openbml_catalog.networks import networks
from openbml_deep.export import NetworkExport, export_network
from openbml_deep.networks import NetworkPlan, build_network, label_names
from openbml_deep.tasks.objects import IGNORED, Target
from openbml_kit.model_manifest import Outputs

SIZE = 64
LABELS = 2
# Share of the parameters that a network may have without using them: a last normalisation, in transformers.
_UNUSED = 0.01
# Layers that say how likely an object is; those of a new network say nothing is.
_SCORING = ("categories.bias",)


def pictures(count: int) -> torch.Tensor:
    """Return bright rectangles on a dark ground."""
    random = np.random.default_rng(7)
    images = random.normal(-1, 0.1, size=(count, 3, SIZE, SIZE)).astype(np.float32)
    for image in images:
        x, y = random.integers(0, SIZE - 24, size=2)
        image[:, y : y + 24, x : x + 24] = random.uniform(0.5, 2, size=(3, 1, 1))
    return torch.from_numpy(images)


def network_of(task: str, name: str) -> nn.Module:
    return build_network(NetworkPlan(networks(task)[name], LABELS, SIZE)).train()


def step(network: nn.Module, *targets: Any) -> None:
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    loss = sum(network.losses(pictures(2), *targets).values())
    assert bool(torch.isfinite(loss)), loss
    loss.backward()
    trained = [parameter for parameter in network.parameters() if parameter.grad is not None]
    assert len(trained) >= (1 - _UNUSED) * len(list(network.parameters()))
    assert all(bool(torch.isfinite(parameter.grad).all()) for parameter in trained)
    optimizer.step()


def exports(network: nn.Module, outputs: Outputs) -> None:
    for name, parameter in network.named_parameters():
        if any(name.endswith(part) for part in _SCORING):
            parameter.data += 5.0
    with tempfile.TemporaryDirectory() as folder:
        asked = NetworkExport(outputs=outputs, samples=pictures(2))
        exported = export_network(network, Path(folder), asked, lambda _level, _text: None)
    assert exported.proof.max_abs_diff <= exported.proof.tolerance
    if outputs.kind == "objects":
        assert exported.proof.compared_objects, "nothing was found, so that nothing was compared"
        assert exported.proof.pixel_agreement is not None


def check_semantic(name: str) -> None:
    network = network_of("semantic_segmentation", name)
    maps = torch.zeros(2, SIZE, SIZE, dtype=torch.int64)
    maps[0, 10:30, 20:50], maps[1, :, 40:] = 1, 2
    step(network, maps)
    step(network, torch.full_like(maps, IGNORED))
    step(network, torch.zeros_like(maps))
    with torch.inference_mode():
        assert network.eval().logits(pictures(2)).shape == (2, LABELS + 1, SIZE, SIZE)
    exports(network, Outputs(kind="class_scores"))


def objects(*boxes: tuple[int, int, int, int]) -> Target:
    masks = torch.zeros(len(boxes), SIZE, SIZE, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes, strict=True):
        mask[y1:y2, x1:x2] = 1
    corners = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return Target(corners, torch.arange(len(boxes)) % LABELS, masks)


def check_instance(name: str) -> None:
    network = network_of("instance_segmentation", name)
    step(network, [objects((4, 4, 30, 40), (20, 10, 60, 50)), objects((0, 0, 64, 64))])
    step(network, [objects(), objects()])
    network.eval()
    with torch.inference_mode():
        for found in network.found(pictures(2)):
            assert len(found.scores) <= 100
            assert found.masks is not None
            assert found.masks.shape == (len(found.scores), SIZE, SIZE)
            assert found.masks.dtype == torch.bool
            assert found.scores.tolist() == sorted(found.scores.tolist(), reverse=True)
    exports(network, Outputs(kind="objects", mask_frame=network.graph().mask_frame))


def check_what_depends_on_the_labels_is_known_of_every_network() -> None:
    """What an earlier run's or published weights must not fill: last layers, a small part of a network."""
    for task in ("semantic_segmentation", "instance_segmentation"):
        for network in networks(task).values():
            plan = NetworkPlan(network, LABELS, SIZE)
            with torch.device("meta"):  # shapes alone
                built = build_network(plan)
            head = label_names(plan, built)
            assert head, network.name
            assert len(head) < 0.1 * len(built.state_dict()), (network.name, sorted(head))


def check_weights_of_backbones_and_of_whole_networks_fill_what_they_are_of() -> None:
    import timm
    from torchvision.models import get_model

    mask_rcnn = network_of("instance_segmentation", "Mask_RCNN-ResNet18-VD-FPN")
    published = timm.create_model("resnet18d").state_dict()
    mask_rcnn.pretrained_part("resnet18d.ra4_e3600_r224_in1k").load(published)
    filled = mask_rcnn.detector.backbone.body.features
    assert torch.equal(filled.layer3[0].conv1.weight, published["layer3.0.conv1.weight"])

    lraspp = network_of("semantic_segmentation", "LRASPP-MobileNetV3")
    whole = get_model("lraspp_mobilenet_v3_large", weights=None, weights_backbone=None, num_classes=21)
    lraspp.pretrained_part("lraspp_mobilenet_v3_large.coco_with_voc_labels_v1").load(whole.state_dict())
    assert torch.equal(lraspp.classifier.cbr[0].weight, whole.classifier.cbr[0].weight)

    segformer = network_of("semantic_segmentation", "SegFormer-B0")
    name = "segformer.encoder.block.0.0.attention.self.query.weight"
    part = segformer.pretrained_part("nvidia/segformer-b0-finetuned-ade-512-512")
    assert name in part.file_names.values()
    state = {part.file_names[own]: torch.ones_like(value) for own, value in part.module.state_dict().items()}
    part.load(state)
    assert bool((segformer.model.segformer.stages[0].blocks[0].attention.q_proj.weight == 1).all())
    assert not bool((segformer.model.decode_head.classifier.weight == 1).any())
