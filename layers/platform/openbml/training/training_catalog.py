"""The catalogue as forms need it: tasks, networks, hyper-parameters, machines with prices."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.training.augmentation import AugmentationCatalog, augmentation_catalog
from openbml.training.read_runs import ScriptText
from openbml.training.run_requests import MAX_TRAINING_MINUTES
from openbml.training.tabular_catalog import TabularCatalog, tabular_catalog, tabular_script
from openbml_catalog.images import training_image
from openbml_catalog.machines import Machine, Module, machines_of
from openbml_catalog.networks import HyperParameter, families, hyper_parameters, network_tasks, networks
from openbml_catalog.prices import currency, price_book
from openbml_catalog.scripts import preset_script
from openbml_catalog.search import (
    SearchField,
    SearchParameter,
    Strategy,
    search_fields,
    search_parameters,
    strategies,
)
from openbml_catalog.tabular.settings import TASK, AlgorithmType, TrainingWay
from openbml_catalog.tasks import Task, tasks


class TaskEntry(Task):
    trainable: bool
    max_nodes: int


class HyperParameterEntry(HyperParameter):
    task: str


class MachineEntry(BaseModel):
    model_config = ConfigDict(frozen=True)

    code: str
    label: str
    cpu: int
    memory_gb: int
    gpu: str | None
    gpu_memory_gb: int
    price: Decimal
    unit: str
    free_hours: int
    needs_paid_billing: bool


class SearchParameterEntry(SearchParameter):
    task: str


class TrainingCatalog(BaseModel):
    """Attributes:
    search_space: what each task can have searched; `default: null` is not in the default space.
    """

    model_config = ConfigDict(frozen=True)

    tasks: Sequence[TaskEntry]
    families: Sequence[dict[str, Any]]
    networks: Sequence[dict[str, Any]]
    hyper_parameters: Sequence[HyperParameterEntry]
    machines: Sequence[MachineEntry]
    augmentation: AugmentationCatalog
    search_strategies: Sequence[Strategy]
    search_fields: Sequence[SearchField]
    search_space: Sequence[SearchParameterEntry]
    tabular: TabularCatalog
    currency: str
    max_training_minutes: int


@cache
def training_catalog() -> TrainingCatalog:
    trained = network_tasks()
    return TrainingCatalog(
        tasks=[_task(task) for task in tasks().values()],
        families=[{**row.model_dump(), "task": task} for task in trained for row in families(task)],
        networks=[{**row.model_dump(), "task": task} for task in trained for row in networks(task).values()],
        hyper_parameters=[
            HyperParameterEntry(**row.model_dump(), task=task)
            for task in trained
            for row in hyper_parameters(task).values()
            if not row.platform
        ],
        machines=[_machine(machine) for machine in machines_of(Module.PRESET)],
        augmentation=augmentation_catalog(),
        search_strategies=list(strategies().values()),
        search_fields=list(search_fields().values()),
        search_space=[
            SearchParameterEntry(**row.model_dump(), task=task)
            for task in trained
            for row in search_parameters(task).values()
        ],
        tabular=tabular_catalog(),
        currency=currency(),
        max_training_minutes=MAX_TRAINING_MINUTES,
    )


def preset_script_text(
    task_type: str,
    network: str,
    *,
    algorithm_type: AlgorithmType | None = None,
    training_way: TrainingWay = TrainingWay.SINGLE,
) -> ScriptText:
    """Return the script a network's users start from; only tables' depend on the last two.

    Raises:
        InvalidRequestError: an unknown task or network, or no type of problem where it is needed.
    """
    if task_type == TASK:
        return tabular_script(network, algorithm_type, training_way)
    trained = network_tasks()
    if task_type not in trained:
        known = ", ".join((*trained, TASK))
        raise InvalidRequestError(field="task_type", reason=f"must be one of {known}")
    if network not in networks(task_type):
        raise InvalidRequestError(field="network", reason=f"must be one of {', '.join(networks(task_type))}")
    return ScriptText(script=preset_script(task_type, network))


def _task(task: Task) -> TaskEntry:
    image = training_image(task.code)
    return TaskEntry(
        **task.model_dump(), trainable=image is not None, max_nodes=image.max_nodes if image else 0
    )


def _machine(machine: Machine) -> MachineEntry:
    price = price_book()[Module.PRESET, machine.code]
    shown = machine.model_dump(exclude={"instance_type", "modules"})
    return MachineEntry(
        **shown,
        price=price.price,
        unit=price.unit,
        free_hours=price.free_hours,
        needs_paid_billing=price.needs_paid_billing,
    )
