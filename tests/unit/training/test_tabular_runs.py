"""What a run of tabular prediction may be asked for (spec 03 section 4, checklist 49 to 52 and 82)."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from openbml.core.errors import InvalidRequestError
from openbml.training import run_requests
from openbml.training.events import RunStateChanged
from openbml.training.hyper_parameter_sources import ScriptRefusedError
from openbml.training.read_runs import RunView
from openbml.training.run_progress import Progress
from openbml.training.run_requests import NodesNotAvailableError, PaidBillingNeededError, RunRequest
from openbml.training.training_catalog import preset_script_text, training_catalog
from openbml.training.training_data import DataNotSelectableError, Selection
from openbml_catalog.images import images
from openbml_catalog.tabular.script import preset_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay
from tests.fakes.tabular_samples import COLUMNS, EXPERT, TabularWorld
from tests.fakes.training_samples import TrainingWorld

GIBIBYTE = 1024**3


@pytest.fixture
def world() -> TabularWorld:
    return TabularWorld()


def refused(world: TabularWorld, **changes: Any) -> dict[str, Any]:
    with pytest.raises(InvalidRequestError) as error:
        world.create(**changes)
    return error.value.details


def unselectable(world: TabularWorld, **changes: Any) -> str:
    with pytest.raises(DataNotSelectableError) as error:
        world.create(**changes)
    return str(error.value.details["reason"])


def test_a_table_and_a_target_are_all_that_automl_needs(world: TabularWorld) -> None:
    run = world.create()
    assert (run.network, run.labels, run.hyper_parameter_source) == ("AutoML", (), "manual")
    assert run.tabular is not None
    assert run.tabular.target == "churn"
    assert json.loads(run.hyper_parameters["tabular"]) == {"target": "churn"}
    assert run.cautions == ()
    assert world.files.scripts == {}


def test_an_expert_run_keeps_the_script_it_trains_with(world: TabularWorld) -> None:
    run = world.expert()
    wanted = preset_script("LGBM", AlgorithmType.BINARY, TrainingWay.SINGLE)
    assert (run.network, run.hyper_parameter_source) == ("LGBM", "script")
    assert world.files.scripts[run.run_id] == wanted


@pytest.mark.parametrize("model", ["CAT", "LGBM", "RF", "LR", "XGB", "KNN"])
def test_every_model_of_the_expert_mode_can_be_chosen(world: TabularWorld, model: str) -> None:
    assert world.expert(network=model).network == model


def test_a_script_names_the_model(world: TabularWorld) -> None:
    script = preset_script("CAT", AlgorithmType.BINARY, TrainingWay.SINGLE)
    source = {"kind": "script", "script": script}
    assert world.expert(hyper_parameter_source=source).network == "CAT"
    with pytest.raises(InvalidRequestError, match="CAT"):
        world.expert(hyper_parameter_source=source, network="RF")


@pytest.mark.parametrize(
    ("edited", "told"),
    [
        (("num_leaves", "numleaves"), "numleaves"),
        (('"LGBM"', '"SVM"'), "SVM"),
        (("conf = {", "import os\nconf = {"), "conf"),
    ],
)
def test_a_script_that_is_edited_elsewhere_is_refused(
    world: TabularWorld, edited: tuple[str, str], told: str
) -> None:
    script = preset_script("LGBM", AlgorithmType.BINARY, TrainingWay.SINGLE).replace(*edited)
    with pytest.raises(ScriptRefusedError) as error:
        world.expert(hyper_parameter_source={"kind": "script", "script": script})
    assert told in error.value.details["reason"]


def test_a_script_of_another_kind_of_problem_is_refused(world: TabularWorld) -> None:
    script = preset_script("LGBM", AlgorithmType.REGRESSION, TrainingWay.SINGLE)
    with pytest.raises(ScriptRefusedError):
        world.expert(hyper_parameter_source={"kind": "script", "script": script})


def test_what_a_script_searches_too_widely_is_a_caution(world: TabularWorld) -> None:
    preset = preset_script("LGBM", AlgorithmType.BINARY, TrainingWay.SINGLE)
    script = preset.replace('"range": [100, 1000]', '"range": [100, 9900]')
    assert script != preset
    run = world.expert(hyper_parameter_source={"kind": "script", "script": script})
    assert [caution.code for caution in run.cautions] == ["script_range"]


def test_the_data_must_be_a_finished_table_with_rows(world: TabularWorld) -> None:
    pictures = world.data.add(7, {"cat": 3})
    empty = world.data.add_table(8, COLUMNS, rows=0, state="empty")
    importing = world.data.add_table(9, COLUMNS, state="importing")
    failed = world.data.add_table(10, COLUMNS, state="import_failed")
    assert "table" in unselectable(world, training_data=[pictures])
    assert "no rows" in unselectable(world, training_data=[empty])
    assert "imported" in unselectable(world, training_data=[importing])
    assert "not finished" in unselectable(world, training_data=[failed])
    assert "no such version" in unselectable(
        world, training_data=[Selection(dataset_id=99, version_number=1)]
    )


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"id": "bigint", "churn": "string"}, "lacks age, city, paid_on"),
        ({**COLUMNS, "more": "int"}, "has also more"),
        ({**COLUMNS, "age": "double"}, "age is double, not int"),
        (dict(reversed(COLUMNS.items())), "another order"),
    ],
)
def test_all_tables_of_a_run_have_the_same_columns(
    world: TabularWorld, columns: dict[str, str], told: str
) -> None:
    other = world.data.add_table(7, columns)
    assert told in unselectable(world, training_data=[world.selection, other])
    assert told in unselectable(world, evaluation_data=[other])
    same = world.data.add_table(8, COLUMNS)
    assert world.create(training_data=[world.selection, same]).training_data[1] == same


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"target": "chrn"}, "tabular.target"),
        ({"target": "churn", "weight_column": "weight"}, "tabular.weight_column"),
        ({"target": "churn", "weight_column": "city"}, "tabular.weight_column"),
        ({"target": "churn", "group_column": "household"}, "tabular.group_column"),
        ({"target": "churn", "time_column": "month"}, "tabular.time_column"),
        ({"target": "churn", "excluded_columns": ["id", "ids"]}, "tabular.excluded_columns"),
        (
            {"target": "churn", "excluded_columns": ["id", "age", "city", "paid_on"]},
            "tabular.excluded_columns",
        ),
        (
            {
                **EXPERT,
                "feature_engineering": {"mode": "auto", "operators": [{"name": "impute", "columns": ["ag"]}]},
            },
            "tabular.feature_engineering.operators.0.columns",
        ),
        (
            {**EXPERT, "feature_engineering": {"mode": "auto", "operators": [{"name": "polish"}]}},
            "tabular.feature_engineering",
        ),
        ({**EXPERT, "metric": "rmse"}, "tabular.metric"),
    ],
)
def test_columns_metrics_and_operators_that_the_settings_name_must_be_there(
    world: TabularWorld, settings: dict[str, Any], field: str
) -> None:
    assert refused(world, tabular=settings)["field"] == field


def test_a_missing_column_is_told_with_those_that_are_there(world: TabularWorld) -> None:
    reason = refused(world, tabular={"target": "chrn"})["reason"]
    assert reason == "the data has no column 'chrn'; its columns are id, age, city, paid_on, churn"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tabular": None}, "tabular"),
        ({"hyper_parameters": {"epochs": 3}}, "hyper_parameters"),
        ({"weights": "none"}, "weights"),
        ({"augmentation": {"mode": "none"}}, "augmentation"),
        ({"base_run_id": 5}, "base_run_id"),
        ({"subnet": {"run_id": 1, "subnet_id": 1}}, "subnet"),
        ({"hyper_parameter_source": {"kind": "existing", "search_id": 5}}, "hyper_parameter_source.kind"),
        ({"hyper_parameter_source": {"kind": "script", "script": "x"}}, "hyper_parameter_source.kind"),
        ({"network": "LGBM"}, "network"),
        ({"training_data": [{"dataset_id": 6, "version_number": 1}] * 2}, "training_data"),
        (
            {"training_data": [{"dataset_id": 6, "version_number": 1, "labels": ["a"]}]},
            "training_data.labels",
        ),
        ({"machine_type": "CPU_4C_16G"}, "machine_type"),
    ],
)
def test_what_belongs_to_other_tasks_is_refused_with_its_field(
    world: TabularWorld, changes: dict[str, Any], field: str
) -> None:
    details = refused(world, **changes)
    assert details["field"] == field
    assert len(details["reason"]) > 10


def test_settings_of_tables_are_refused_for_other_tasks() -> None:
    with pytest.raises(InvalidRequestError) as error:
        TrainingWorld().create(tabular={"target": "churn"})
    assert error.value.details["field"] == "tabular"


def test_other_tasks_still_need_a_network() -> None:
    with pytest.raises(InvalidRequestError) as error:
        TrainingWorld().create(network=None)
    assert error.value.details["field"] == "network"


def test_automl_trains_on_several_nodes_and_the_expert_mode_only_distributed(world: TabularWorld) -> None:
    assert world.create(node_count=6).node_count == 6
    assert world.expert(training_way="distributed", node_count=2).node_count == 2
    with pytest.raises(InvalidRequestError) as error:
        world.expert(node_count=2)
    assert error.value.details["field"] == "node_count"
    assert "distributed" in error.value.details["reason"]


@pytest.mark.parametrize(("model", "offered"), [("CAT", "LGBM, XGB"), ("KNN", "LGBM, XGB"), ("GBM", "LGBM")])
def test_models_that_are_not_distributed_are_refused_there(
    world: TabularWorld, model: str, offered: str
) -> None:
    with pytest.raises(InvalidRequestError) as error:
        world.expert(network=model, training_way="distributed")
    assert error.value.details["field"] == "network"
    assert offered in error.value.details["reason"]
    assert world.expert(network="XGB", training_way="distributed").network == "XGB"


def test_little_memory_is_a_caution_and_no_refusal(world: TabularWorld) -> None:
    large = world.data.add_table(7, COLUMNS, rows=10_000_000, source_bytes=5 * GIBIBYTE)
    run = world.create(training_data=[large])
    assert [caution.code for caution in run.cautions] == ["memory_below_recommended"]
    assert "50 GB" in run.cautions[0].message_en
    shown = RunView.of(run, Progress())
    assert shown.cautions == run.cautions
    assert world.create(training_data=[large], node_count=2).cautions  # trials each hold all rows
    request = {**EXPERT, "training_way": "distributed"}
    assert not world.create(training_data=[large], node_count=2, tabular=request).cautions


def test_a_machine_that_needs_paid_billing_is_refused_without_it(world: TabularWorld) -> None:
    with pytest.raises(PaidBillingNeededError):
        world.create(machine_type="GPU_V100")


def test_settings_too_long_for_a_job_are_refused(world: TabularWorld) -> None:
    columns = {f"column_with_a_long_name_{number}": "int" for number in range(200)}
    wide = world.data.add_table(7, {**columns, "churn": "string"})
    settings = {"target": "churn", "excluded_columns": list(columns)[1:]}
    assert refused(world, training_data=[wide], tabular=settings)["field"] == "tabular.excluded_columns"


@pytest.mark.parametrize("wish", [{"model_name": "churn"}, {"model_id": 7}])
def test_the_wish_to_publish_is_kept_and_announced(world: TabularWorld, wish: dict[str, Any]) -> None:
    run = world.create(auto_publish=wish)
    announced = world.events.published[-1]
    assert isinstance(announced, RunStateChanged)
    assert announced.auto_publish == run.auto_publish
    assert RunView.of(run, Progress()).auto_publish == run.auto_publish


@pytest.mark.parametrize("wish", [{}, {"model_name": "a", "model_id": 7}, {"model_name": " "}])
def test_a_run_is_published_as_one_model(world: TabularWorld, wish: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunRequest.model_validate({**world.request, "auto_publish": wish})


def test_any_task_can_be_published_by_itself() -> None:
    run = TrainingWorld().create(auto_publish={"model_name": "pets"})
    assert run.auto_publish is not None
    assert run.auto_publish.model_name == "pets"


def test_more_nodes_than_the_image_can_use_are_refused(
    world: TabularWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = images()["tabular"].model_copy(update={"max_nodes": 1})
    monkeypatch.setattr(run_requests, "training_image", lambda _task: alone)
    with pytest.raises(NodesNotAvailableError):
        world.create(node_count=2)


def test_the_catalogue_tells_what_a_table_s_run_can_be_told() -> None:
    catalog = training_catalog().tabular
    assert (catalog.automl_network, catalog.default_model) == ("AutoML", "LGBM")
    expert = {row.code: row.distributed for row in catalog.models if row.expert}
    assert expert == {"CAT": False, "LGBM": True, "RF": False, "LR": False, "XGB": True, "KNN": False}
    assert {row.name for row in catalog.metrics} >= {"log_loss", "rmse"}
    assert catalog.feature_operators
    assert catalog.memory_factor == 10


@pytest.mark.parametrize("way", TrainingWay)
def test_the_preset_script_is_of_the_way_and_type_and_is_accepted_as_it_is(
    world: TabularWorld, way: TrainingWay
) -> None:
    text = preset_script_text(
        "tabular_prediction", "XGB", algorithm_type=AlgorithmType.BINARY, training_way=way
    )
    source = {"kind": "script", "script": text.script}
    assert world.expert(training_way=way, hyper_parameter_source=source).network == "XGB"


@pytest.mark.parametrize(
    ("network", "algorithm_type", "way", "field"),
    [
        ("LGBM", None, TrainingWay.SINGLE, "algorithm_type"),
        ("LGBM", AlgorithmType.AUTOMATIC, TrainingWay.SINGLE, "algorithm_type"),
        ("AutoML", AlgorithmType.BINARY, TrainingWay.SINGLE, "network"),
        ("CAT", AlgorithmType.BINARY, TrainingWay.DISTRIBUTED, "network"),
    ],
)
def test_a_script_that_there_is_not_is_refused(
    network: str, algorithm_type: AlgorithmType | None, way: TrainingWay, field: str
) -> None:
    with pytest.raises(InvalidRequestError) as error:
        preset_script_text("tabular_prediction", network, algorithm_type=algorithm_type, training_way=way)
    assert error.value.details["field"] == field
