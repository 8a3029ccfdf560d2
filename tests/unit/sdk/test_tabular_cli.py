"""`bml` for tables: runs, leaderboards, columns, scripts, references, predictions."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from openbml_catalog.tabular.models import models
from openbml_client import Client
from openbml_client.cli import service_predictions
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from openbml_client.errors import InvalidChoiceError
from tests.fakes.described_api import DescribedApi

Run = Callable[..., Result]

START = "runs start churn --data customers --target churn"
ENTRY = {"name": "LGBM_1", "model": "LGBM", "score": -0.31, "weight": 0.6, "fit_s": 4.2, "state": "done"}
PROFILE = {
    "name": "id",
    "type": "bigint",
    "kind": "number",
    "missing_share": 0.25,
    "distinct": 40,
    "examples": ["1", "2"],
    "minimum": "1",
    "maximum": "40",
    "warnings": [{"code": "identifier", "message_en": "id looks like an identifier", "message_zh": ""}],
}
TARGET = {
    "name": "churn",
    "algorithm_type": "binary",
    "reason_en": "The target has two values.",
    "reason_zh": "",
    "rows": 40,
    "classes": [{"label": "yes", "count": 30}],
    "problems": [{"code": "imbalance", "refuses": False, "message_en": "Look at recall.", "message_zh": ""}],
}
REPORT = {
    "conclusion": {"en": "The model is good.", "zh": ""},
    "overall": {"rmse": 53.9, "r2": 0.49},
    "recommended_threshold": None,
    "cautions": [],
    "labels": [],
    "per_class": [],
    "leaderboard": [ENTRY],
    "importance": {"permutation": [{"column": "area", "mean": 15.4, "std": 1.9}], "shap": []},
    "hints": [],
}
CAUTION = {"code": "memory_below_recommended", "message_en": "50 GB [are] advised", "message_zh": ""}


@pytest.fixture
def run(client: Client, api: DescribedApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    dataset = api.example({"$ref": "#/components/schemas/DatasetView"})
    api.say(
        "GET /projects/{project_id}/datasets", {"items": [{**dataset, "dataset_id": 1, "name": "customers"}]}
    )
    api.say("GET /experiments", {"items": [{"experiment_id": 3, "name": "churn"}]})
    service = api.example({"$ref": "#/components/schemas/ServiceView"})
    pictures = {**service, "name": "churn", "task_type": "image_classification"}
    api.say("GET /v1/services/projects/{project_id}/services", {"items": [pictures]})
    api.say("POST /runs", {"run_id": 7, "state": "preparing", "cautions": []})
    api.say("GET /runs/{run_id}/leaderboard", {"entries": [ENTRY], "at": "2026-03-01T12:00:00Z"})
    api.say("GET /v1/training/preset-script", {"script": "conf = {}\n"})
    app = build_app()

    def invoke(line: str, *more: str) -> Result:
        with commands_call_with(client):
            return CliRunner().invoke(app, [*line.split(), *more])

    return invoke


def started(run: Run, api: DescribedApi, line: str) -> dict[str, Any]:
    done = run(line)
    assert (done.exit_code, done.exception) == (0, None), done.output
    body: dict[str, Any] = api.bodies[-1]
    return body


def test_a_target_is_all_that_a_run_of_a_table_needs(run: Run, api: DescribedApi) -> None:
    body = started(run, api, START)
    assert body["tabular"] == {"target": "churn"}
    assert body["training_data"] == [{"dataset_id": 1, "version_number": 1}]
    assert not {"network", "hyper_parameters", "auto_publish"} & body.keys()


def test_every_setting_of_a_table_has_an_option(run: Run, api: DescribedApi) -> None:
    body = started(
        run,
        api,
        f"{START} --mode expert --type regression --model LGBM --training-way distributed --nodes 2 "
        "--metric mae --weight-column w --group-column g --time-column t --exclude a --exclude b "
        "--feature-engineering default --auto-publish prices",
    )
    assert body["tabular"] == {
        "target": "churn",
        "mode": "expert",
        "algorithm_type": "regression",
        "training_way": "distributed",
        "metric": "mae",
        "weight_column": "w",
        "group_column": "g",
        "time_column": "t",
        "excluded_columns": ["a", "b"],
        "feature_engineering": {"mode": "default"},
    }
    assert (body["network"], body["node_count"]) == ("LGBM", 2)
    assert body["auto_publish"] == {"model_name": "prices"}


def test_quantiles_make_it_a_regression_of_quantiles(run: Run, api: DescribedApi) -> None:
    body = started(run, api, f"{START} --quantile 0.9 --quantile 0.1")
    assert body["tabular"] == {"target": "churn", "quantiles": [0.1, 0.9], "objective": "quantile"}


def test_settings_and_operators_come_from_files(run: Run, api: DescribedApi, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"target": "age", "seed": 7, "costs": {"false_negative": 5}}')
    (tmp_path / "f.json").write_text('{"mode": "auto", "operators": [{"name": "bin"}]}')
    (tmp_path / "s.py").write_text("conf = {}")
    body = started(run, api, f"{START} --settings s.json --feature-engineering f.json --script s.py")
    assert body["tabular"] == {
        "target": "churn",
        "seed": 7,
        "costs": {"false_negative": 5},
        "feature_engineering": {"mode": "auto", "operators": [{"name": "bin"}]},
    }
    assert body["hyper_parameter_source"] == {"kind": "script", "script": "conf = {}"}


@pytest.mark.parametrize(
    "line",
    [
        "runs start churn -d customers",
        "runs start churn -d customers --mode expert",
        "runs start churn -d customers --model CAT",
        f"{START} --model CAT --network LGBM",
        f"{START} --feature-engineering manual",
        f"{START} --settings missing.json",
        "services predict churn",
        "services predict churn --row {} --api-key a --secret-key s",
        "services predict churn --csv missing.csv",
    ],
)
def test_what_does_not_fit_together_is_refused(run: Run, line: str) -> None:
    refused = run(line)
    assert isinstance(refused.exception, InvalidChoiceError) or refused.exit_code == 2, refused.output


def test_an_experiment_is_of_its_task_s_direction(run: Run, api: DescribedApi) -> None:
    api.say("GET /v1/training/catalog", {"tasks": [{"code": "tabular_prediction", "direction": "tabular"}]})
    body = started(run, api, "experiments create churn --task-type tabular_prediction")
    assert body["direction"] == "tabular"
    refused = run("experiments create churn --task-type tables")
    assert isinstance(refused.exception, InvalidChoiceError)


class Service:
    """A prediction client that answers the same to every row."""

    answer: Mapping[str, Any] = {}
    rows: Sequence[Mapping[str, Any]] = ()

    def __init__(self, url: str, api_key: str, secret_key: str) -> None:
        assert (api_key, secret_key) == ("a", "s")

    def predict_rows(
        self, service_url: str, rows: Sequence[Mapping[str, Any]], *, explain: bool
    ) -> list[Mapping[str, Any]]:
        type(self).rows = rows
        return [self.answer] * len(rows)


@pytest.fixture
def service(api: DescribedApi, monkeypatch: pytest.MonkeyPatch) -> type[Service]:
    shown = api.example({"$ref": "#/components/schemas/ServiceView"})
    tables = {**shown, "name": "churn", "task_type": "tabular_prediction"}
    api.say("GET /v1/services/projects/{project_id}/services", {"items": [tables]})
    features = [{"name": "age", "kind": "number", "choices": []}]
    table = {"kind": "binary", "target": "churn", "quantiles": [], "columns": features}
    api.say("GET /versions/{version_number}", {"table": table})
    monkeypatch.setattr(service_predictions, "PredictionClient", Service)
    monkeypatch.setenv("OPENBML_API_KEY", "a")
    monkeypatch.setenv("OPENBML_SECRET_KEY", "s")
    return Service


def test_a_row_is_answered_with_its_reasons(run: Run, service: type[Service]) -> None:
    found = [{"feature": "age", "value": 34, "contribution": -0.25}]
    explanation = {"base": 0.3, "contributions": found}
    service.answer = {"label": "no", "scores": {"no": 0.875, "yes": 0.125}, "explanation": explanation}
    shown = run("services predict churn --explain --row", '{"age": 34}')
    assert (shown.exit_code, shown.exception) == (0, None), shown.output
    assert all(text in shown.output for text in ("no", "0.875", "age -0.25"))
    assert service.rows == [{"age": 34}]


def test_rows_of_a_file_are_sent_without_columns_that_are_no_features(
    run: Run, service: type[Service], tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("age,churn\n34,yes\n,no\n")
    service.answer = {"value": 1.5, "quantiles": {"0.1": 1.25}}
    shown = run("services predict churn --csv rows.csv")
    assert service.rows == [{"age": "34"}, {"age": None}]
    assert all(text in shown.output for text in ("1.5", "Quantile 0.1", "1.25", "churn"))
    answers = json.loads(run("services predict churn --csv rows.csv --json").stdout)
    assert answers == [service.answer] * 2


def test_a_service_of_tables_takes_no_image(run: Run, service: type[Service], tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    assert isinstance(run("services predict churn a.jpg").exception, InvalidChoiceError)


def test_cautions_are_told(run: Run, api: DescribedApi) -> None:
    api.say("POST /runs", {"run_id": 7, "state": "preparing", "cautions": [CAUTION]})
    assert "50 GB [are] advised" in run(START).output


def test_the_best_model_is_shown_while_a_run_is_waited_for(run: Run, api: DescribedApi) -> None:
    settings = api.example({"$ref": "#/components/schemas/TabularSettings"})
    progress = {"epoch": 3, "epochs": None}
    api.say("GET /runs/{run_id}", {"state": "succeeded", "tabular": settings, "progress": progress})
    shown = run(f"{START} --wait").output
    assert "best LGBM_1 -0.31" in shown
    assert api.calls[-1].endswith("/leaderboard")


def test_other_tasks_have_no_best_model(run: Run, api: DescribedApi) -> None:
    api.say(
        "GET /runs/{run_id}", {"state": "succeeded", "tabular": None, "progress": {"epoch": 3, "epochs": 9}}
    )
    assert run("runs watch 7").exit_code == 0
    assert not any(call.endswith("/leaderboard") for call in api.calls)


@pytest.mark.parametrize(
    "line", ["runs leaderboard 7", "datasets columns customers", "models api-reference 1 1"]
)
def test_a_command_prints_for_people_and_for_programs(run: Run, api: DescribedApi, line: str) -> None:
    api.say("GET /v1/models/projects/{project_id}/models", {"items": [{"model_id": 1, "name": "churn"}]})
    shown = run(line)
    assert (shown.exit_code, shown.exception) == (0, None), shown.output
    assert shown.stdout.strip()
    assert isinstance(json.loads(run(line, "--json").stdout), dict)


def test_a_leaderboard_is_printed_with_scores_and_states(run: Run) -> None:
    shown = run("runs leaderboard 7").output
    assert all(text in shown for text in ("LGBM_1", "-0.31", "0.6", "4.2", "done"))


def test_columns_are_printed_with_their_warnings_and_the_target(run: Run, api: DescribedApi) -> None:
    api.say("GET /table-columns", {"rows": 100, "rows_seen": 40, "columns": [PROFILE], "target": TARGET})
    shown = run("datasets columns customers --target churn").output
    for text in ("25.0%", "looks like an identifier", "binary", "yes 30", "Look at recall.", "40 of 100"):
        assert text in shown


def test_a_report_of_a_regression_has_figures_models_and_columns(run: Run, api: DescribedApi) -> None:
    api.say("GET /runs/{run_id}/report", REPORT)
    shown = run("runs report 7").output
    for text in ("Root mean squared error", "53.9", "0.49", "LGBM_1", "area", "15.4"):
        assert text in shown
    assert "No labels" not in shown
    assert "%" not in shown


def test_models_and_scripts_of_the_expert_mode_are_listed_and_printed(run: Run, api: DescribedApi) -> None:
    rows = [row.model_dump(mode="json") for row in models().values()]
    api.say("GET /v1/training/catalog", {"tabular": {"models": rows}})
    listed = run("networks list --task tabular_prediction").output
    assert all(code in listed for code in ("CAT", "LGBM", "RF", "LR", "XGB", "KNN"))
    assert "Ensemble" not in listed
    assert run("networks script CAT --task tabular_prediction --type binary").stdout == "conf = {}\n"


@pytest.mark.parametrize(
    "command", ["runs start", "runs leaderboard", "datasets columns", "services predict"]
)
def test_help_has_examples(run: Run, command: str) -> None:
    shown = run(command, "--help").output
    assert "Examples:" in shown
    assert f"bml {command}" in shown
