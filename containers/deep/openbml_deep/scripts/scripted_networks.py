"""Networks made by a script's `create_model`, checked against its contract (spec 03 section 2.4)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import torch
from torch import nn

from openbml_deep.networks.interfaces import DetectionNetwork, SemanticNetwork
from openbml_deep.scripts.user_script import UserScript, blaming_the_script, within_patience
from openbml_deep.tasks.objects import Found, Target
from openbml_kit.faults import UserFault

_KEYS = {"loss", "infer_out"}
_MOST_FOUND = 100
_LOWEST_SCORE = 0.01


def scripted(
    network: nn.Module, script: UserScript, *, task: str, class_count: int, input_size: int
) -> nn.Module:
    """Return the network that the script makes of the chosen one.

    Args:
        network: with its pre-trained parameters; of a classifier the head is taken off first.

    Raises:
        UserFault: error 9: the script fails, or what it returns breaks the contract.
    """
    match task:
        case "image_classification" | "image_classification_multi_label":
            made = _made(script, _without_head(network), class_count)
            found: nn.Module = ScriptedClassifier(made["infer_out"], made["loss"])
        case "object_detection" | "instance_segmentation":
            backbone = DetectionBackbone(network)
            made = _made(script, backbone, class_count)
            inner = network if made["infer_out"] == backbone.rows else RowNetwork(_module(made["infer_out"]))
            found = ScriptedDetector(inner, made["loss"])
        case _:
            made = _made(script, network, class_count)
            own = made["infer_out"] == cast(SemanticNetwork, network).logits
            found = ScriptedSemantic(network if own else _module(made["infer_out"]), made["loss"], own=own)
    _look(found, task=task, class_count=class_count, input_size=input_size)
    return found


class ScriptedClassifier(nn.Module):
    """Images → logits of the script's network; `loss` is the script's."""

    def __init__(self, infer_out: object, loss: Callable[..., Any]) -> None:
        super().__init__()
        self.network = _module(infer_out)
        self._loss = loss

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        with blaming_the_script("infer_out"):
            logits: torch.Tensor = self.network(images)
        return logits

    def loss(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return _scalar(self._loss, logits, targets)


class DetectionBackbone(nn.Module):
    """The chosen network as a script sees it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        return cast(DetectionNetwork, self.network).losses(images, targets)

    def rows(self, images: torch.Tensor) -> list[torch.Tensor]:
        """Return BoxNumber x 6 for each image: label, confidence, xmin, ymin, xmax, ymax."""
        found = cast(DetectionNetwork, self.network).found(images)
        return [
            torch.cat((one.classes[:, None].to(one.boxes), one.scores[:, None], one.boxes), dim=1)
            for one in found
        ]


class RowNetwork(nn.Module):
    """A script's own `infer_out` for finding objects, read back from its rows."""

    def __init__(self, rows: nn.Module) -> None:
        super().__init__()
        self.rows = rows

    def found(self, images: torch.Tensor) -> list[Found]:
        with blaming_the_script("infer_out"):
            tables = self.rows(images)
        if not isinstance(tables, list | tuple) or len(tables) != len(images):
            raise UserFault("[9] code error: infer_out gives no list with one tensor for each image")
        return [self._read(table) for table in tables]

    def graph(self) -> nn.Module:
        return _RowGraph(self.rows)

    def _read(self, table: object) -> Found:
        if not isinstance(table, torch.Tensor) or table.ndim != 2 or table.shape[1] != 6:
            raise UserFault(
                "[9] code error: infer_out gives no BoxNumber x 6 tensor "
                "(label, confidence, xmin, ymin, xmax, ymax)"
            )
        kept = table[table[:, 1] > _LOWEST_SCORE]
        kept = kept[kept[:, 1].argsort(descending=True)][:_MOST_FOUND]
        return Found(kept[:, 2:].float(), kept[:, 1].float(), kept[:, 0].long())


class _RowGraph(nn.Module):
    def __init__(self, rows: nn.Module) -> None:
        super().__init__()
        self.rows = rows

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        table = self.rows(image)[0]
        return table[:, 2:], table[:, 1], table[:, 0].long()


class ScriptedDetector(nn.Module):
    """A detection network with the script's loss."""

    def __init__(self, network: nn.Module, loss: Callable[..., Any]) -> None:
        super().__init__()
        self.network = network
        self._loss = loss

    def losses(self, images: torch.Tensor, targets: Sequence[Target]) -> Mapping[str, torch.Tensor]:
        return {"loss": _scalar(self._loss, images, targets)}

    def found(self, images: torch.Tensor) -> list[Found]:
        return cast(DetectionNetwork, self.network).found(images)

    def graph(self) -> nn.Module:
        return cast(DetectionNetwork, self.network).graph()


class ScriptedSemantic(nn.Module):
    """A network of semantic segmentation with the script's loss."""

    def __init__(self, network: nn.Module, loss: Callable[..., Any], *, own: bool) -> None:
        super().__init__()
        self.network = network
        self._loss = loss
        self._own = own

    def losses(self, images: torch.Tensor, maps: torch.Tensor) -> Mapping[str, torch.Tensor]:
        return {"loss": _scalar(self._loss, images, maps)}

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        if self._own:
            return cast(SemanticNetwork, self.network).logits(images)
        with blaming_the_script("infer_out"):
            scores: torch.Tensor = self.network(images)
        return scores


def _made(script: UserScript, backbone: nn.Module, class_count: int) -> Mapping[str, Any]:
    with blaming_the_script("create_model"), within_patience():
        made = script.create_model(backbone, class_count)
    if not isinstance(made, Mapping):
        raise UserFault(f"[9] code error: create_model returns a {type(made).__name__}, not a dictionary")
    if set(made) != _KEYS:
        raise UserFault(
            "[9] code error: create_model must return exactly the keys 'loss' and 'infer_out', "
            f"not {', '.join(sorted(map(str, made))) or 'none'}"
        )
    for key in _KEYS:
        if not callable(made[key]):
            raise UserFault(f"[9] code error: {key!r} of create_model cannot be called")
    return made


def _module(infer_out: object) -> nn.Module:
    if not isinstance(infer_out, nn.Module):
        raise UserFault(
            "[9] code error: 'infer_out' must be a torch.nn.Module, or the backbone's own rows or logits"
        )
    return infer_out


def _without_head(network: nn.Module) -> nn.Module:
    reset = getattr(network, "reset_classifier", None)
    if reset is None:
        raise UserFault("[9] code error: this network takes no script: its head cannot be taken off")
    reset(0)
    # Some networks keep a last layer before the classifier: what comes out is what a head gets.
    network.num_features = int(getattr(network, "head_hidden_size", 0) or network.num_features)
    return network


def _scalar(loss: Callable[..., Any], *arguments: object) -> torch.Tensor:
    with blaming_the_script("loss"):
        value = loss(*arguments)
    if not isinstance(value, torch.Tensor) or value.ndim:
        raise UserFault("[9] code error: 'loss' does not give a scalar tensor")
    return value


def _look(network: nn.Module, *, task: str, class_count: int, input_size: int) -> None:
    """Run the network once and check the shape of what it gives."""
    images = torch.zeros(1, 3, input_size, input_size)
    network.eval()
    with torch.inference_mode(), within_patience():
        match network:
            case ScriptedClassifier():
                _expect(network(images), (1, class_count), "BatchSize x ClassNumber")
            case ScriptedDetector():
                network.found(images)
            case ScriptedSemantic():
                _expect(
                    network.logits(images),
                    (1, class_count + 1, input_size, input_size),
                    "BatchSize x (ClassNumber + 1) x size x size",
                )
    network.train()


def _expect(given: object, shape: tuple[int, ...], words: str) -> None:
    found = tuple(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
    if found != shape:
        raise UserFault(f"[9] code error: infer_out gives {found}, it must be {words}: {shape}")
