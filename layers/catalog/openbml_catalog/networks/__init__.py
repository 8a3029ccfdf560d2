"""Networks and hyper-parameters of the preset training tasks: a YAML file of networks and one of hyper-
parameters."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document
from openbml_catalog.networks.hyper_parameters import HyperParameter, HyperParameterError, Value

__all__ = [
    "Family",
    "HyperParameter",
    "HyperParameterError",
    "Network",
    "PretrainedWeights",
    "Published",
    "UnknownTaskError",
    "Value",
    "families",
    "hyper_parameters",
    "network_tasks",
    "networks",
    "parse_hyper_parameters",
    "wanted_weights",
]

# Task → its file of networks and its file of hyper-parameters; both tasks of a file see the same entries.
_FILES = {
    "image_classification": ("image_classification", "vision_parameters"),
    "image_classification_multi_label": ("image_classification", "vision_parameters"),
    "object_detection": ("object_detection", "vision_parameters"),
    "instance_segmentation": ("instance_segmentation", "vision_parameters"),
    "semantic_segmentation": ("semantic_segmentation", "vision_parameters"),
}


class UnknownTaskError(LookupError):
    """No networks are listed for the task."""

    def __init__(self, task: str) -> None:
        super().__init__(f"task: no networks are listed for {task!r}")
        self.task = task


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PretrainedWeights(_Row):
    """A network's pre-trained weights; the licence is shown to users.

    Attributes:
        tag: their name in the weights registry: timm's tag, or the repository's name at the Hugging Face hub.
        source: where else they are published, an https address; empty = nowhere, they can only be imported.
        commercial: False where the licence forbids commercial use, or where none was published.
    """

    family: str
    tag: str
    licence: str
    commercial: bool = True
    source: str | None = None

    @property
    def published_at(self) -> str | None:
        """Where `bml weights mirror` finds them."""
        if self.source is not None:
            return self.source or None
        return f"hf:{self.tag}" if "/" in self.tag else f"hf:timm/{self.tag}"


class Family(_Row):
    name: str
    label_en: str
    label_zh: str


class Published(_Row):
    """A figure that the manual or the network's authors print: `metric` is top1, box_ap, mask_ap or miou,
    in 0..1."""

    metric: str
    value: float
    data: str


class Network(_Row):
    """A network of the manual, or one beside them (spec 03 sections 2.6-2.8).

    Attributes:
        name: the manual's spelling, or the network's own name.
        adapter: module of the training image that builds it.
        build: the adapter's arguments.
        anchors: whether it starts from preset boxes, which `anchor_scale` and `anchor_ratio` change.
        cpu_ms: the manual's test time on a CPU.
        replaces: names of the manual that it stands in for.
        input_size: pixels of the square input that suits it; `input_multiple` divides every allowed one, none
            is below `smallest_input`.
    """

    name: str
    family: str
    adapter: str
    build: Mapping[str, Any]
    anchors: bool = False
    published: Published | None
    cpu_ms: int | None
    replaces: Sequence[str] = ()
    input_size: int
    input_multiple: int = 1
    smallest_input: int = 1
    batch_size: int
    learning_rate: float
    weights: Sequence[PretrainedWeights]
    excluded_machines: Sequence[str]
    recommended: bool
    recommended_for_en: str
    recommended_for_zh: str

    def weights_of(self, family: str) -> PretrainedWeights | None:
        return next((row for row in self.weights if row.family == family), None)

    def takes(self, parameter: HyperParameter) -> bool:
        """Tell whether the network has a hyper-parameter of its task."""
        if parameter.adapters and self.adapter not in parameter.adapters:
            return False
        return self.anchors or not parameter.anchors

    def runs_on(self, machine: str) -> bool:
        return machine not in self.excluded_machines


def _files(task: str) -> tuple[str, str]:
    if task not in _FILES:
        raise UnknownTaskError(task)
    return _FILES[task]


def network_tasks() -> Sequence[str]:
    """Return the tasks whose runs choose a network, sorted."""
    return sorted(_FILES)


@cache
def networks(task: str) -> Mapping[str, Network]:
    """Return the networks of a task by the manual's name, in the catalogue's order.

    Raises:
        UnknownTaskError: the task has none.
    """
    rows = load_document("networks", f"{_files(task)[0]}.yaml")["networks"]
    return {row["name"]: Network.model_validate(row) for row in rows}


@cache
def families(task: str) -> Sequence[Family]:
    rows = load_document("networks", f"{_files(task)[0]}.yaml")["families"]
    return tuple(Family.model_validate(row) for row in rows)


@cache
def hyper_parameters(task: str) -> Mapping[str, HyperParameter]:
    """Return the hyper-parameters of a task by name, in the order forms show them."""
    rows = load_document("networks", f"{_files(task)[1]}.yaml")["hyper_parameters"]
    parameters = [HyperParameter.model_validate(row) for row in rows]
    return {row.name: row for row in parameters if not row.tasks or task in row.tasks}


def parse_hyper_parameters(task: str, given: Mapping[str, str]) -> dict[str, Value]:
    """Return every hyper-parameter's value: given, else the network's recommendation, else the default.

    Raises:
        HyperParameterError: a name is unknown, or a value missing, of the wrong type or out of range.
    """
    declared = hyper_parameters(task)
    for name in given:
        if name not in declared:
            raise HyperParameterError(name, "is not a hyper-parameter of this task")
    network = networks(task).get(given.get("network", ""))
    if network is None:
        listed = ", ".join(networks(task))
        raise HyperParameterError("network", f"must be one of {listed}, not {given.get('network')!r}")
    for name in given:
        if not network.takes(declared[name]):
            raise HyperParameterError(name, f"is not a hyper-parameter of the network {network.name}")
    recommended = {
        "input_size": network.input_size,
        "batch_size": network.batch_size,
        "learning_rate": network.learning_rate,
    }
    values = {
        name: parameter.parse(given[name]) if name in given else parameter.default_or(recommended.get(name))
        for name, parameter in declared.items()
        if network.takes(parameter)
    }
    input_size = values["input_size"]
    if isinstance(input_size, int) and input_size % network.input_multiple:
        raise HyperParameterError("input_size", f"must be a multiple of {network.input_multiple}")
    if isinstance(input_size, int) and input_size < network.smallest_input:
        raise HyperParameterError("input_size", f"must be at least {network.smallest_input}")
    return values


def wanted_weights(task: str, network: str, values: Mapping[str, str]) -> str | None:
    """Return the tag of the pre-trained weights that hyper-parameters ask for, None for training from
    scratch.

    `weights_tag` names weights of one's own; else the network's of `weights_family` are taken, where it has
    some.
    """
    if values.get("weights") == "none":
        return None
    if values.get("weights_tag"):
        return values["weights_tag"]
    row = networks(task)[network].weights_of(values.get("weights_family", "public"))
    return row.tag if row else None
