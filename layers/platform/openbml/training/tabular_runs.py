"""Runs of tabular prediction: what a request must say, and what is told in passing (spec 03 section 4)."""

from collections.abc import Sequence
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.training.cautions import Caution
from openbml.training.hyper_parameter_sources import (
    ManualSource,
    ScriptRefusedError,
    ScriptSource,
)
from openbml.training.run_requests import (
    NodesNotAvailableError,
    RunRequest,
    check_machine,
    cost_at_most,
    image_for,
)
from openbml.training.tabular_data import check_columns, run_table
from openbml.training.training_data import DatasetView, Selection, TableView
from openbml_catalog.machines import machines
from openbml_catalog.tabular.conf import ExpertConf
from openbml_catalog.tabular.feature_operators import checked_engineering
from openbml_catalog.tabular.literals import ExpertScriptError
from openbml_catalog.tabular.metrics import chosen_metric
from openbml_catalog.tabular.models import expert_models, models
from openbml_catalog.tabular.script import parse_script, preset_script
from openbml_catalog.tabular.settings import (
    AUTOML,
    HYPER_PARAMETER,
    TASK,
    AlgorithmType,
    TabularMode,
    TabularSettings,
    TabularSettingsError,
    TrainingWay,
)

DEFAULT_MODEL = "LGBM"
MEMORY_FACTOR = 10  # of the raw data, spec 03 section 4.2
_GIBIBYTE = 1024**3


class TabularPlan(BaseModel):
    """A request that keeps the rules, with every value filled in.

    Attributes:
        script: what an expert run trains with: the user's, or the preset one; None of AutoML.
    """

    model_config = ConfigDict(frozen=True)

    network: str
    hyper_parameters: dict[str, str]
    cost_estimate: Decimal
    script: str | None
    cautions: tuple[Caution, ...]


def tabular_plan(
    request: RunRequest,
    training: Sequence[DatasetView],
    evaluation: Sequence[DatasetView],
    *,
    paid_billing: bool,
) -> TabularPlan:
    """Check a request for a table's run and fill in what was left to it.

    Args:
        training, evaluation: what the request's selections name, in their order.

    Raises:
        DataNotSelectableError: a selection is no finished table, has no rows, or other columns than the rest.
        PaidBillingNeededError, NodesNotAvailableError
        ScriptRefusedError: not what the expert mode takes.
        InvalidRequestError: names the field and what to do.
    """
    settings = _settings(request)
    _refuse_what_is_for_pictures(request)
    _check_choices(request)
    table = run_table(training, evaluation)
    check_columns(settings, table.columns)
    _check_metric(settings)
    _check_engineering(settings)
    check_machine(request.machine_type, paid_billing=paid_billing)
    _check_nodes(request.node_count, settings)
    conf = _conf(request, settings)
    network = _network(request, settings, conf)
    return TabularPlan(
        network=network,
        hyper_parameters={HYPER_PARAMETER: _text(settings)},
        cost_estimate=cost_at_most(request.machine_type, request.node_count, request.max_training_minutes),
        script=_script(request, settings, network),
        cautions=(*_memory_cautions(request, table, settings), *_script_cautions(conf)),
    )


def refuse_tabular(request: RunRequest) -> None:
    """Check a request for another task. Raises InvalidRequestError: it has settings of tables."""
    if request.tabular is not None:
        raise InvalidRequestError(field="tabular", reason=f"belongs to the task {TASK}: leave it out")


def _settings(request: RunRequest) -> TabularSettings:
    if request.tabular is None:
        raise InvalidRequestError(field="tabular", reason='is needed: name at least its "target" column')
    return request.tabular


def _refuse_what_is_for_pictures(request: RunRequest) -> None:
    advice = "belongs to other tasks; what a table's run takes stands in tabular: leave it out"
    given = {
        "hyper_parameters": bool(request.hyper_parameters),
        "weights": request.weights is not None,
        "augmentation": request.augmentation is not None,
        "base_run_id": request.base_run_id is not None,
        "subnet": request.subnet is not None,
    }
    for field, is_given in given.items():
        if is_given:
            raise InvalidRequestError(field=field, reason=advice)
    if not isinstance(request.hyper_parameter_source, ManualSource | ScriptSource):
        reason = "searches are part of a table's run itself: choose manual, or script in expert mode"
        raise InvalidRequestError(field="hyper_parameter_source.kind", reason=reason)


def _check_choices(request: RunRequest) -> None:
    for field in ("training_data", "evaluation_data"):
        chosen: Sequence[Selection] = getattr(request, field) or ()
        versions = [(row.dataset_id, row.version_number) for row in chosen]
        if len(set(versions)) < len(versions):
            raise InvalidRequestError(field=field, reason="names a dataset version twice: name each once")
        if any(row.labels is not None for row in chosen):
            raise InvalidRequestError(field=f"{field}.labels", reason="a table has no labels: leave them out")


def _conf(request: RunRequest, settings: TabularSettings) -> ExpertConf | None:
    """Return what the user's own script says, None without one."""
    source = request.hyper_parameter_source
    if not isinstance(source, ScriptSource):
        return None
    if settings.mode is not TabularMode.EXPERT:
        reason = 'a script belongs to the expert mode: set tabular.mode to "expert", or choose manual'
        raise InvalidRequestError(field="hyper_parameter_source.kind", reason=reason)
    try:
        conf = parse_script(source.script)
        conf.check_fits(settings.algorithm_type, settings.training_way)
    except ExpertScriptError as error:
        raise ScriptRefusedError(reason=str(error)) from error
    return conf


def _network(request: RunRequest, settings: TabularSettings, conf: ExpertConf | None) -> str:
    if settings.mode is TabularMode.AUTOML:
        if request.network not in (None, AUTOML):
            reason = 'AutoML chooses its models itself: leave it out, or set tabular.mode to "expert"'
            raise InvalidRequestError(field="network", reason=reason)
        return AUTOML
    if conf is None:
        code = request.network or DEFAULT_MODEL
        _check_model(code, settings)
        return code
    if request.network not in (None, conf.model_type):
        reason = f"the script trains {conf.model_type}: leave network out, or edit the script's model_type"
        raise InvalidRequestError(field="network", reason=reason)
    return conf.model_type


def _check_model(code: str, settings: TabularSettings) -> None:
    offered = [row.code for row in expert_models(settings.algorithm_type, settings.training_way)]
    if code in offered:
        return
    known = models().get(code)
    if settings.training_way is TrainingWay.DISTRIBUTED and known is not None and known.expert:
        reason = f"{code} trains on a single machine: choose {', '.join(offered)}, or training_way single"
    else:
        reason = f"must be one of {', '.join(offered)} in expert mode, not {code!r}"
    raise InvalidRequestError(field="network", reason=reason)


def _script(request: RunRequest, settings: TabularSettings, network: str) -> str | None:
    source = request.hyper_parameter_source
    if isinstance(source, ScriptSource):
        return source.script
    if settings.mode is TabularMode.AUTOML:
        return None
    return preset_script(network, settings.algorithm_type, settings.training_way)


def _check_nodes(node_count: int, settings: TabularSettings) -> None:
    most = image_for(TASK).max_nodes
    if node_count > most:
        raise NodesNotAvailableError(node_count=node_count, max_nodes=most)
    alone = settings.mode is TabularMode.EXPERT and settings.training_way is TrainingWay.SINGLE
    if alone and node_count > 1:
        reason = "the expert mode trains on one node: set it to 1, or tabular.training_way to distributed"
        raise InvalidRequestError(field="node_count", reason=reason)


def _check_engineering(settings: TabularSettings) -> None:
    try:
        checked_engineering(settings.feature_engineering)
    except TabularSettingsError as error:
        raise InvalidRequestError(field=f"tabular.{error.field}", reason=error.reason) from error


def _check_metric(settings: TabularSettings) -> None:
    if settings.algorithm_type is AlgorithmType.AUTOMATIC:
        return
    try:
        chosen_metric(settings.metric, settings.algorithm_type, settings.objective)
    except ValueError as error:
        raise InvalidRequestError(field="tabular.metric", reason=str(error)) from error


def _text(settings: TabularSettings) -> str:
    try:
        return settings.as_text()
    except TabularSettingsError as error:
        raise InvalidRequestError(field=f"tabular.{error.field}", reason=error.reason) from error


def _memory_cautions(request: RunRequest, table: TableView, settings: TabularSettings) -> Sequence[Caution]:
    """Return what does not stop the run: less memory than the manual advises."""
    shared = request.node_count if settings.training_way is TrainingWay.DISTRIBUTED else 1
    memory = machines()[request.machine_type].memory_gb * shared * _GIBIBYTE
    if memory >= MEMORY_FACTOR * table.source_bytes:
        return ()
    raw, there = table.source_bytes / _GIBIBYTE, memory / _GIBIBYTE
    wanted = MEMORY_FACTOR * raw
    return (
        Caution(
            code="memory_below_recommended",
            message_en=f"The data has {raw:.1f} GB; {wanted:.0f} GB of memory are advised, the run has "
            f"{there:.0f} GB. It may train on a sample of the rows; a larger machine avoids that.",
            message_zh=f"原始数据{raw:.1f}GB，建议内存{wanted:.0f}GB，当前运行环境为{there:.0f}GB，"
            "训练可能仅使用部分样本；选择更大内存的机器可避免。",
        ),
    )


def _script_cautions(conf: ExpertConf | None) -> Sequence[Caution]:
    return [
        Caution(
            code="script_range",
            message_en=f"The script's {warning}.",
            message_zh=f"脚本提示：{warning}",
        )
        for warning in (conf.warnings if conf else ())
    ]
