"""What a caller asks of a run, and the rules it must keep (spec 03 sections 2.3 and 2.13)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr

from openbml.core.errors import InvalidRequestError, OpenBMLError
from openbml.training.augmentation import HYPER_PARAMETER as AUGMENTATION
from openbml.training.augmentation import checked_augmentation
from openbml.training.auto_publishing import AutoPublish
from openbml.training.experiments import TaskNotAvailableError
from openbml.training.hyper_parameter_sources import (
    HyperParameterSource,
    ManualSource,
    ScriptRefusedError,
    ScriptSource,
    SearchSource,
)
from openbml.training.subnets import FoundSubnet, SubnetChoice, is_subnet, is_supernet
from openbml.training.training_data import Selection
from openbml_catalog.augmentation.settings import AugmentationMode, AugmentationSettings
from openbml_catalog.images import Image, images, training_image
from openbml_catalog.machines import Module, machines, machines_of
from openbml_catalog.networks import (
    HyperParameterError,
    Network,
    hyper_parameters,
    networks,
    parse_hyper_parameters,
)
from openbml_catalog.prices import price_book
from openbml_catalog.scripts import ScriptError, check_script
from openbml_catalog.search import SearchConfigError, SearchPlan, StrategyName, search_plan
from openbml_catalog.tabular.settings import TabularSettings

MAX_NODES = 6  # spec 03 section 2.13
MAX_TRAINING_MINUTES = 7 * 24 * 60


class PaidBillingNeededError(OpenBMLError):
    """The machine can be used after paid billing is activated only; details: machine_type, available."""


class NetworkNotOnMachineError(OpenBMLError):
    """The network cannot run on the machine; details: network, machine_type."""


class NodesNotAvailableError(OpenBMLError):
    """The network trains on fewer nodes; details: node_count, max_nodes."""


class RunRequest(BaseModel):
    """What every task asks for, and what single ones do.

    Attributes:
        network: of the catalogue; tabular prediction knows its own, and a default.
        tabular: of tabular prediction, which takes none of `hyper_parameters, weights, augmentation,
            base_run_id, subnet`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    training_data: Sequence[Selection] = Field(min_length=1, max_length=20)
    evaluation_data: Sequence[Selection] | None = Field(default=None, max_length=20)
    network: str | None = Field(default=None, max_length=100)
    hyper_parameters: Mapping[str, StrictInt | StrictFloat | StrictStr] = Field(default={}, max_length=100)
    machine_type: str = Field(max_length=100)
    node_count: int = Field(default=1, ge=1, le=MAX_NODES)
    max_training_minutes: int = Field(ge=1, le=MAX_TRAINING_MINUTES)
    remark: str | None = Field(default=None, max_length=500)
    weights: str | None = Field(default=None, max_length=50)
    augmentation: AugmentationSettings | None = None
    hyper_parameter_source: HyperParameterSource = ManualSource()
    base_run_id: int | None = Field(default=None, ge=1, lt=2**53)
    subnet: SubnetChoice | None = None
    tabular: TabularSettings | None = None
    auto_publish: AutoPublish | None = None


class TrainingPlan(BaseModel):
    """A request that keeps the rules, with every value filled in; `cost_estimate` is of all its jobs."""

    model_config = ConfigDict(frozen=True)

    network: str
    hyper_parameters: Mapping[str, str]
    cost_estimate: Decimal
    search: SearchPlan | None = None


def image_for(task_type: str) -> Image:
    """Return the image that trains the task. Raises TaskNotAvailableError."""
    image = training_image(task_type)
    if image is None:
        available = sorted(task for row in images().values() for task in row.trains)
        raise TaskNotAvailableError(task_type=task_type, available=available)
    return image


def training_plan(
    request: RunRequest, *, task_type: str, paid_billing: bool, subnet: FoundSubnet | None = None
) -> TrainingPlan:
    """Check the request against the catalogue and fill in what was left to it.

    Args:
        subnet: what the request's `subnet` names.

    Raises:
        TaskNotAvailableError, NodesNotAvailableError, NetworkNotOnMachineError, PaidBillingNeededError
        ScriptRefusedError
        InvalidRequestError: names the field and what is allowed.
    """
    image = image_for(task_type)
    network = networks(task_type).get(request.network or "")
    if network is None:
        raise InvalidRequestError(field="network", reason=f"must be one of {', '.join(networks(task_type))}")
    if request.node_count > image.max_nodes:
        raise NodesNotAvailableError(node_count=request.node_count, max_nodes=image.max_nodes)
    check_machine(request.machine_type, paid_billing=paid_billing)
    if not network.runs_on(request.machine_type):
        label = machines()[request.machine_type].label
        raise NetworkNotOnMachineError(network=network.name, machine_type=label)
    _check_source(request)
    _check_architecture(request, network)
    search = _search(request.hyper_parameter_source, task_type, network)
    cost = cost_at_most(request.machine_type, request.node_count, request.max_training_minutes)
    return TrainingPlan(
        network=network.name,
        hyper_parameters={
            **_values(request, task_type, network, subnet),
            AUGMENTATION: _augmentation(request, task_type, search).as_text(),
        },
        cost_estimate=cost * _jobs_at_most(search),
        search=search,
    )


def cost_at_most(machine_type: str, node_count: int, minutes: int) -> Decimal:
    """Return the price of the maximum training time, free allowances not counted."""
    price = price_book()[Module.PRESET, machine_type]
    return price.per_unit_minute * node_count * minutes


def _search(source: HyperParameterSource, task_type: str, network: Network) -> SearchPlan | None:
    if not isinstance(source, SearchSource):
        return None
    try:
        return search_plan(source.search, task=task_type, network=network.name)
    except SearchConfigError as error:
        field = f"hyper_parameter_source.search.{error.field}"
        raise InvalidRequestError(field=field, reason=error.reason) from error


def _augmentation(request: RunRequest, task_type: str, search: SearchPlan | None) -> AugmentationSettings:
    checked = checked_augmentation(
        request.augmentation, task_type=task_type, max_training_minutes=request.max_training_minutes
    )
    evolves = search is not None and search.strategy is StrategyName.EVOLUTIONARY
    if evolves and checked.mode is AugmentationMode.AUTO:
        reason = "auto searches before a training of its own, an evolutionary search has none; choose another"
        raise InvalidRequestError(field="augmentation.mode", reason=reason)
    return checked


def _jobs_at_most(search: SearchPlan | None) -> int:
    """Return how many jobs may use their maximum time: trials, and a training after them."""
    if search is None:
        return 1
    return search.max_trials + (search.strategy is not StrategyName.EVOLUTIONARY)


def check_machine(machine_type: str, *, paid_billing: bool) -> None:
    """Check a machine of preset training. Raises InvalidRequestError, PaidBillingNeededError."""
    listed = [machine.code for machine in machines_of(Module.PRESET)]
    if machine_type not in listed:
        raise InvalidRequestError(field="machine_type", reason=f"must be one of {', '.join(listed)}")
    free = [code for code in listed if not price_book()[Module.PRESET, code].needs_paid_billing]
    if not paid_billing and machine_type not in free:
        raise PaidBillingNeededError(machine_type=machine_type, available=", ".join(free))


def _check_source(request: RunRequest) -> None:
    source = request.hyper_parameter_source
    if not isinstance(source, ScriptSource):
        return
    if request.hyper_parameters:
        raise InvalidRequestError(
            field="hyper_parameters", reason="are the script's conf here: leave them out, or edit the script"
        )
    try:
        check_script(source.script)
    except ScriptError as error:
        raise ScriptRefusedError(reason=str(error)) from error


def _check_architecture(request: RunRequest, network: Network) -> None:
    """What a neural architecture search asks for (spec 03 section 6)."""
    if is_subnet(network) != (request.subnet is not None):
        told = "needs the sub-net of a search" if is_subnet(network) else "is no sub-net of a search"
        raise InvalidRequestError(field="subnet", reason=f"the network {network.name} {told}")
    if request.subnet and (
        request.base_run_id or not isinstance(request.hyper_parameter_source, ManualSource)
    ):
        raise InvalidRequestError(
            field="subnet",
            reason="takes its weights from its search: no base_run_id, script or search beside it",
        )
    searching_only = request.hyper_parameters.get("nas_phase") == "search_only"
    if is_supernet(network) and searching_only and request.base_run_id is None:
        raise InvalidRequestError(
            field="base_run_id",
            reason="is needed to search only: the run that trained the supernet",
        )


def _values(
    request: RunRequest, task_type: str, network: Network, subnet: FoundSubnet | None
) -> dict[str, str]:
    declared = {name: row for name, row in hyper_parameters(task_type).items() if network.takes(row)}
    given = {name: str(value) for name, value in request.hyper_parameters.items()}
    if request.weights is not None:
        given["weights"] = request.weights
    for name in given:
        if name not in declared or declared[name].platform:
            allowed = ", ".join(row.name for row in declared.values() if not row.platform)
            raise InvalidRequestError(
                field=f"hyper_parameters.{name}", reason=f"is not a hyper-parameter here; there are {allowed}"
            )
    platform = {"task": task_type, "network": network.name, "labels": '["placeholder"]'}
    fixed = {"subnet": subnet.text, "input_size": str(subnet.input_size)} if subnet else {}
    try:
        values = parse_hyper_parameters(task_type, {**given, **platform, **fixed})
    except HyperParameterError as error:
        raise InvalidRequestError(field=f"hyper_parameters.{error.name}", reason=error.reason) from error
    return {
        name: str(value) for name, value in values.items() if name in fixed or not declared[name].platform
    }
