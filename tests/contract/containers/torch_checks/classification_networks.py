"""Every classification network: what it is made of, a step of training, weights by name, a proven export."""

import tempfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import timm
import torch
import yaml
from torch import nn

from openbml_catalog.networks import Network, networks
from openbml_deep.export import NetworkExport, export_network
from openbml_deep.networks import NetworkPlan, build_network, label_names, pretrained_part
from openbml_kit.model_manifest import Outputs

TASK = "image_classification"
LABELS = 3


def tiny(network: Network) -> int:
    """Return the smallest input that the network and the hyper-parameter allow."""
    multiple = network.input_multiple
    least = max(32, network.smallest_input)
    return -(-least // multiple) * multiple


def network_of(name: str) -> nn.Module:
    listed = networks(TASK)[name]
    return build_network(NetworkPlan(listed, LABELS, tiny(listed))).train()


def check_network(name: str) -> None:
    listed = networks(TASK)[name]
    plan = NetworkPlan(listed, LABELS, tiny(listed))
    network = build_network(plan).train()
    images = torch.rand(2, 3, tiny(listed), tiny(listed))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-4)
    loss = nn.functional.cross_entropy(network(images), torch.tensor([0, 2]))
    loss.backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert all(bool(torch.isfinite(parameter.grad).all()) for parameter in network.parameters())
    optimizer.step()
    head = label_names(plan, network)
    assert 1 <= len(head) <= 2, head
    with tempfile.TemporaryDirectory() as folder:
        asked = NetworkExport(outputs=Outputs(kind="scores"), samples=images)
        exported = export_network(network, Path(folder), asked, lambda _level, _text: None)
    assert exported.proof.max_abs_diff <= exported.proof.tolerance
    assert exported.proof.compared_samples == 2


def check_published_weights_are_timms_with_their_licences() -> None:
    known = set(timm.list_pretrained())
    for listed in networks(TASK).values():
        for weights in listed.weights:
            assert weights.tag in known, weights.tag
            assert weights.tag.split(".")[0] == listed.build["model"], weights.tag
            licence = timm.get_pretrained_cfg(weights.tag).license or "unknown"
            assert licence == weights.licence.lower(), (weights.tag, licence)
            assert weights.commercial == ("-nc-" not in licence and licence != "unknown"), weights.tag


def check_what_the_manual_calls_small_and_se_is_built_so() -> None:
    """timm's own names for these differ: they are its blocks, put together as the manual's networks are."""
    kinds = {type(module).__name__ for module in network_of("EffcientNetB0_small").modules()}
    assert "SqueezeExcite" not in kinds
    assert "SiLU" in str(network_of("EffcientNetB0_small"))
    assert "SqueezeExcite" in {
        type(module).__name__ for module in timm.create_model("efficientnet_b0").modules()
    }
    plain, with_se = network_of("ResNet18_vd"), network_of("SE_ResNet18_vd")
    added = with_se.state_dict().keys() - plain.state_dict().keys()
    assert added
    assert all(".se." in name for name in added)


def check_weights_of_another_input_size_are_resized() -> None:
    listed = networks(TASK)["DINOv2-ViT-S-14"]
    plan = NetworkPlan(listed, LABELS, 56)
    network = build_network(plan)
    published = timm.create_model(listed.build["model"], img_size=112, num_classes=0).state_dict()
    part = pretrained_part(plan, network, listed.weights[0].tag, label_names(plan, network))
    part.load(published)
    assert torch.equal(network.blocks[3].mlp.fc1.weight, published["blocks.3.mlp.fc1.weight"])
    assert network.pos_embed.shape != published["pos_embed"].shape


def check_a_head_of_published_weights_is_left_as_it_was_made() -> None:
    plan = NetworkPlan(networks(TASK)["ResNet18_vd"], LABELS, 32)
    network, published = build_network(plan), build_network(replace(plan, label_count=1000)).state_dict()
    made = network.fc.weight.detach().clone()
    part = pretrained_part(plan, network, "resnet18d.ra4_e3600_r224_in1k", label_names(plan, network))
    part.load(published)
    assert torch.equal(network.fc.weight, made)
    assert torch.equal(network.conv1[0].weight, published["conv1.0.weight"])
    assert part.mean == (0.5, 0.5, 0.5)


def check_the_guides_examples_build_train_and_know_their_head() -> None:
    text = Path("docs/guides/add-a-network.md").read_text(encoding="utf-8")
    entry = Network.model_validate(yaml.safe_load(text.split("```yaml\n")[1].split("```")[0]))
    plan = NetworkPlan(entry, LABELS, 64)
    network = build_network(plan)
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, LABELS)
    assert label_names(plan, network) == {"head.fc.weight", "head.fc.bias"}
    licence = timm.get_pretrained_cfg(entry.weights[0].tag).license
    assert licence == entry.weights[0].licence.lower()
    adapter = ModuleType("torchvision_classifier")
    exec(text.split("```python\n")[1].split("```")[0], adapter.__dict__)
    told = entry.model_copy(update={"build": {"model": "shufflenet_v2_x0_5"}})
    built = adapter.build(NetworkPlan(told, LABELS, 64))
    assert built(torch.rand(2, 3, 64, 64)).shape == (2, LABELS)
