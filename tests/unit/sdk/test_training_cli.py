"""`bml networks`, `runs` and `searches` run against the API's description, print, and end with their exit
codes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from openbml_catalog.networks import networks
from openbml_client import Client
from openbml_client.cli.app import build_app
from openbml_client.cli.clients import commands_call_with
from openbml_client.cli.run_requests import augmentation_of, source_of, subnet_of
from openbml_client.errors import InvalidChoiceError
from tests.fakes.described_api import DescribedApi

Run = Callable[..., Result]

START = "runs start pets -d cats -n ResNet18_vd"
NETWORKS = [
    {**row.model_dump(mode="json"), "task": "image_classification"}
    for row in networks("image_classification").values()
]
REPORT = {
    "conclusion": {"en": "The model is good.", "zh": ""},
    "overall": {"map50": 0.91, "precision": 0.8, "recall": 0.7, "f1": 0.75},
    "recommended_threshold": 0.3,
    "cautions": [{"code": "little_data", "message_en": "Only [20] images.", "message_zh": ""}],
    "per_class": [{"label": "[bold]cat", "ap50": 0.9, "support": 4, "training_count": 9}],
    "hints": [{"code": "confused", "message_en": "cat is taken for dog", "message_zh": ""}],
}
LISTS = [
    "networks list",
    "runs list pets",
    "searches list --experiment pets -n ResNet18_vd",
    "searches trials 5",
]
OBJECTS = [
    "networks show ResNet18_vd",
    "runs report 5",
    "runs compare pets 5 6",
    "searches show 5",
    "searches importance 5",
    START,
    f"{START} --base 4",
    f"{START} --augmentation auto:20",
    f"{START} --subnet 4:1",
    f"{START} --use-search 7",
    f"{START} --search bayesian --search-set max_trials=9 --search-set target=0.9",
]


@pytest.fixture
def run(client: Client, api: DescribedApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    example = api.example({"$ref": "#/components/schemas/DatasetView"})
    api.say("GET /projects/{project_id}/datasets", {"items": [{**example, "dataset_id": 1, "name": "cats"}]})
    api.say("GET /experiments", {"items": [{"experiment_id": 3, "name": "pets"}]})
    api.say("GET /v1/training/catalog", {"networks": NETWORKS})
    api.say("GET /v1/training/preset-script", {"script": "conf = {}\n"})
    api.say("GET /runs/{run_id}/script", {"script": "conf = {1}\n"})
    api.say("GET /runs/{run_id}/report", REPORT)
    app = build_app()

    def invoke(line: str, *more: str) -> Result:
        with commands_call_with(client):
            return CliRunner().invoke(app, [*line.split(), *more])

    return invoke


@pytest.mark.parametrize("line", [*LISTS, *OBJECTS])
def test_a_command_prints_for_people_and_for_programs(line: str, run: Run) -> None:
    shown = run(line)
    assert (shown.exit_code, shown.exception) == (0, None), shown.output
    assert shown.stdout.strip()
    document = json.loads(run(line, "--json").stdout)
    assert isinstance(document, list if line in LISTS else dict)


def test_a_report_is_printed_with_the_figures_of_its_task(run: Run) -> None:
    shown = run("runs report 5").output
    assert "91.00%" in shown
    assert "mAP (IoU 0.5)" in shown
    assert "Only [20] images." in shown
    assert "[bold]cat" in shown
    assert "cat is taken for dog" in shown
    assert "Accuracy" not in shown


def test_a_script_comes_out_whole_and_goes_in_whole(run: Run, api: DescribedApi, tmp_path: Path) -> None:
    assert run("networks script ResNet18_vd").stdout == "conf = {}\n"
    assert run("runs script 5").stdout == "conf = {1}\n"
    assert run("networks script ResNet18_vd -o s.py").exit_code == 0
    assert run(f"{START} --script s.py").exit_code == 0
    assert api.bodies[-1]["hyper_parameter_source"] == {"kind": "script", "script": "conf = {}\n"}


def test_a_search_is_asked_for_with_its_fields_and_space(run: Run, api: DescribedApi, tmp_path: Path) -> None:
    (tmp_path / "space.json").write_text(
        '{"learning_rate": {"type": "log_uniform", "low": 0.001, "high": 0.1}}'
    )
    done = run(f"{START} --search evolutionary --search-set rounds=6 --space space.json")
    assert done.exit_code == 0, done.output
    assert api.bodies[-1]["hyper_parameter_source"] == {
        "kind": "search",
        "search": {
            "strategy": "evolutionary",
            "rounds": 6,
            "space": {"learning_rate": {"type": "log_uniform", "low": 0.001, "high": 0.1}},
        },
    }


def test_an_unknown_network_is_told(run: Run) -> None:
    refused = run("networks show NoNet")
    assert isinstance(refused.exception, InvalidChoiceError)


def test_a_report_is_fetched_as_a_file(run: Run, api: DescribedApi, storage: Any, tmp_path: Path) -> None:
    storage.objects["/report"] = b"<html>"
    api.say("GET /runs/{run_id}/report/download", {"download_url": "http://storage/report"})
    assert run("runs report 5 -o report.html").exit_code == 0
    assert (tmp_path / "report.html").read_bytes() == b"<html>"


@pytest.mark.parametrize(
    "options",
    [
        {"script": Path("a"), "search": "random"},
        {"existing": 1, "search": "random"},
        {"search_set": ["a=1"]},
        {"space": Path("a")},
        {"script": Path("missing.py")},
        {"search": "random", "search_set": ["broken"]},
    ],
)
def test_sources_that_do_not_fit_together_are_refused(options: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "script": None,
        "search": None,
        "search_set": [],
        "space": None,
        "existing": None,
    }
    with pytest.raises(InvalidChoiceError):
        source_of(**{**fields, **options})


def test_an_augmentation_is_a_word_minutes_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"mode": "manual", "operators": []}')
    assert augmentation_of(None) is None
    assert augmentation_of("none") == {"mode": "none"}
    assert augmentation_of("auto") == {"mode": "auto"}
    assert augmentation_of("auto:20") == {"mode": "auto", "search_minutes": 20}
    assert augmentation_of(str(file)) == {"mode": "manual", "operators": []}
    file.write_text("[]")
    for wrong in ("auto:soon", "missing.json", str(file)):
        with pytest.raises(InvalidChoiceError):
            augmentation_of(wrong)


def test_a_sub_net_is_named_by_its_run_and_number() -> None:
    assert subnet_of(None) is None
    assert subnet_of("12:3") == {"run_id": 12, "subnet_id": 3}
    for wrong in ("12", "12:", ":3", "a:b"):
        with pytest.raises(InvalidChoiceError):
            subnet_of(wrong)
