"""Reports as the API shows them: their parts, pages of wrong examples, files, comparisons."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.training.job_files import ReportUnreadableError
from openbml.training.job_files_s3 import parsed_report
from openbml.training.read_reports import (
    ReportNotReadyError,
    ReportQuery,
    compare_runs,
    report_download,
    run_report,
)
from openbml.training.report_examples import examples_page
from openbml.training.runs import Run, RunNotFoundError
from tests.fakes.compute_samples import SCOPE
from tests.fakes.tabular_samples import TabularWorld
from tests.fakes.training_samples import DATA_URI, TrainingWorld

CLASSIFIED = [
    {"sample_id": "1", "true": "cat", "predicted": "dog", "score": 0.9},
    {"sample_id": "2", "true": "dog", "predicted": "cat", "score": 0.8},
]
DETECTED = [
    {
        "sample_id": "1",
        "false_positives": [{"label": "cat", "score": 0.9, "box": [0, 0, 1, 1]}],
        "missed": [],
    },
    {"sample_id": "2", "false_positives": [], "missed": [{"label": "cat", "box": [0, 0, 1, 1]}]},
    {"sample_id": "3", "false_positives": [{"label": "dog"}], "missed": [{"label": "cat"}]},
]
SEGMENTED = [
    {
        "sample_id": "1",
        "missed_mask": "all",
        "false_mask": "all",
        "per_label": [
            {"label": "road", "missed_pixels": 3, "false_pixels": 0, "missed_mask": "m", "false_mask": "f"},
            {"label": "tree", "missed_pixels": 0, "false_pixels": 3, "missed_mask": "n", "false_mask": "g"},
        ],
    }
]


@pytest.fixture
def world() -> TrainingWorld:
    return TrainingWorld()


def document(**sections: Any) -> dict[str, Any]:
    return {"format": "openbml.report/1", "overall": {"map50": 0.6, "map_small": None}, **sections}


def finished(world: TrainingWorld, **sections: Any) -> Run:
    run = world.create()
    world.start(run)
    world.files.reports[DATA_URI] = parsed_report(json.dumps(document(**sections)).encode())
    world.track(run, "completed", minutes=1)
    return world.runs.get(SCOPE, run.run_id)


def shown(world: TrainingWorld, run: Run, **query: Any) -> dict[str, Any]:
    return run_report(
        SCOPE, run.run_id, ReportQuery(**query), runs=world.runs, files=world.files, data=world.data
    )


def ids(report: dict[str, Any]) -> list[str]:
    return [row["sample_id"] for row in report["wrong_examples"]]


TABLE = [
    {"sample_id": "row-5", "row": 5, "true": "yes", "predicted": "no", "score": 0.9, "values": {"age": 34}},
    {"sample_id": "row-7", "row": 7, "true": "no", "predicted": "yes", "score": 0.6, "values": {"age": 20}},
]


def test_wrong_rows_of_a_table_have_no_pictures() -> None:
    world = TabularWorld()
    run = finished(world, wrong_examples=TABLE, heat_maps=[])
    assert shown(world, run)["wrong_examples"] == TABLE
    assert ids(shown(world, run, label="yes", kind="missed")) == ["row-5"]


def test_sections_of_very_many_classes_and_columns_are_left_out_of_a_table_s_report() -> None:
    world = TabularWorld()
    curve = [round(place / 1_000, 3) for place in range(1_000)]
    roc = [{"label": str(label), "fpr": curve, "tpr": curve} for label in range(400)]
    run = finished(world, roc=roc, leaderboard=[{"name": "LGBM_1"}], importance={"shap": []})
    report = shown(world, run)
    assert report["left_out"] == ["roc"]
    assert report["leaderboard"] == [{"name": "LGBM_1"}]


def test_a_run_that_goes_on_has_no_report(world: TrainingWorld) -> None:
    with pytest.raises(ReportNotReadyError):
        shown(world, world.create())


def test_figures_without_a_value_are_no_metrics_of_the_run(world: TrainingWorld) -> None:
    run = finished(world, recommended_threshold=0.4, topk={"1": 0.9})
    assert run.metrics == {"map50": 0.6, "top1": 0.9}
    assert run.recommended_threshold == 0.4
    assert shown(world, run)["overall"] == {"map50": 0.6, "map_small": None}


def test_examples_and_hints_carry_addresses_of_the_samples_that_are_left(world: TrainingWorld) -> None:
    samples = [{"sample_id": "s9", "name": "9.jpg"}]
    run = finished(
        world,
        wrong_examples=[{"sample_id": "s1"}, {"sample_id": "gone"}],
        hints=[{"code": "x", "samples": samples}, {"code": "malformed"}],
    )
    report = shown(world, run)
    assert [row["thumbnail_url"] for row in report["wrong_examples"]] == ["https://thumbnails/s1", None]
    assert [row["image_url"] for row in report["wrong_examples"]] == ["https://images/s1", None]
    assert [hint["samples"][0]["thumbnail_url"] for hint in report["hints"]] == ["https://thumbnails/s9"]


def test_heat_maps_carry_addresses_of_pictures_and_of_nothing_else(world: TrainingWorld) -> None:
    files = ["images/heat-00.jpg", "../../secret.jpg", "images/../x.jpg", "report.json", 7]
    run = finished(world, heat_maps=[{"sample_id": "1", "file": name} for name in files])
    assert [row["image_url"] for row in shown(world, run)["heat_maps"]] == [
        "https://files/images/heat-00.jpg"
    ]


@pytest.mark.parametrize(
    ("examples", "label", "kind", "wanted"),
    [
        (CLASSIFIED, None, None, ["1", "2"]),
        (CLASSIFIED, "cat", None, ["1", "2"]),
        (CLASSIFIED, "cat", "missed", ["1"]),
        (CLASSIFIED, "cat", "false_positive", ["2"]),
        (CLASSIFIED, "sun", None, []),
        (DETECTED, None, "false_positive", ["1", "3"]),
        (DETECTED, None, "missed", ["2", "3"]),
        (DETECTED, "cat", "false_positive", ["1"]),
        (DETECTED, "dog", None, ["3"]),
        (SEGMENTED, "road", "missed", ["1"]),
        (SEGMENTED, "road", "false_positive", []),
    ],
)
def test_wrong_examples_are_filtered_by_label_and_kind(
    examples: list[Any], label: str | None, kind: Any, wanted: list[str], world: TrainingWorld
) -> None:
    report = shown(world, finished(world, wrong_examples=examples), label=label, kind=kind)
    assert ids(report) == wanted
    assert report["wrong_examples_matching"] == len(wanted)


def test_a_label_of_a_semantic_report_has_masks_of_its_own(world: TrainingWorld) -> None:
    run = finished(world, wrong_examples=SEGMENTED)
    (row,) = shown(world, run, label="tree")["wrong_examples"]
    assert (row["missed_mask"], row["false_mask"]) == ("n", "g")
    assert shown(world, run)["wrong_examples"][0]["missed_mask"] == "all"


def test_examples_of_another_shape_are_left_out(world: TrainingWorld) -> None:
    strange = [1, "x", None, {"name": "no id"}, {"sample_id": "1", "missed": "all"}, *DETECTED]
    assert ids(shown(world, finished(world, wrong_examples=strange), kind="missed")) == ["2", "3"]
    assert ids(shown(world, finished(world, wrong_examples="none"))) == []


@given(st.lists(st.integers(0, 400), max_size=40), st.integers(1, 9), st.integers(1, 2000))
def test_pages_together_are_all_examples_once(sizes: list[int], limit: int, most_bytes: int) -> None:
    rows = [{"sample_id": str(place), "note": "x" * size} for place, size in enumerate(sizes)]
    seen: list[Any] = []
    after: int | None = 0
    while after is not None:
        page = examples_page(rows, label=None, kind=None, after=after, limit=limit, most_bytes=most_bytes)
        assert len(page.items) <= limit
        assert page.items or not rows
        seen += page.items
        after = page.next_after
    assert seen == rows


def test_a_huge_report_comes_in_pages_and_tells_what_is_left_out(world: TrainingWorld) -> None:
    masks = [
        {"sample_id": str(n), "false_positives": [{"label": "a", "mask": "x" * 100_000}]} for n in range(90)
    ]
    labels = [f"label {number}" for number in range(1200)]
    matrix = {"labels": labels, "counts": [[0] * 1200 for _ in labels]}
    run = finished(world, wrong_examples=masks, confusion_matrix=matrix, labels=labels)
    report = shown(world, run)
    assert report["left_out"] == ["confusion_matrix"]
    assert "confusion_matrix" not in report
    assert 0 < len(report["wrong_examples"]) < 90
    assert len(json.dumps(report)) < 5_000_000
    following = shown(world, run, after=report["wrong_examples_next"])
    assert ids(following)[0] == str(len(report["wrong_examples"]))


def test_the_page_is_downloaded_under_the_runs_name(world: TrainingWorld) -> None:
    run = finished(world)
    with pytest.raises(ReportNotReadyError):
        report_download(SCOPE, run.run_id, runs=world.runs, files=world.files)
    world.files.files[DATA_URI] = ["report.html"]
    found = report_download(SCOPE, run.run_id, runs=world.runs, files=world.files)
    assert found.download_url == "https://files/report.html?as=pets V1 report.html"


def test_runs_are_compared_in_the_order_asked_for(world: TrainingWorld) -> None:
    first, second = finished(world), world.create()
    experiment = world.experiment.experiment_id
    found = compare_runs(SCOPE, experiment, f"{second.run_id},{first.run_id}", runs=world.runs)
    assert [row.run_id for row in found.runs] == [second.run_id, first.run_id]
    assert found.figures == ["map50"]
    assert [row.figures for row in found.runs] == [{}, {"map50": 0.6}]
    assert found.runs[0].hyper_parameters["epochs"] == "3"


@pytest.mark.parametrize(
    "text", ["", "1001", "a,b", "1001,1001", "1,-2", "1,2,3,4,5,6,7,8,9,10,11", "1,²", "1,,2"]
)
def test_two_to_ten_runs_can_be_compared(text: str, world: TrainingWorld) -> None:
    with pytest.raises(InvalidRequestError):
        compare_runs(SCOPE, world.experiment.experiment_id, text, runs=world.runs)


def test_runs_of_another_experiment_are_not_compared(world: TrainingWorld) -> None:
    made = [world.create().run_id for _ in range(2)]
    with pytest.raises(RunNotFoundError):
        compare_runs(SCOPE, 77, f"{made[0]},{made[1]}", runs=world.runs)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"not json",
        b'{"format": "openbml.report/2", "overall": {}}',
        b'{"format": "openbml.report/1"}',
        b'{"format": "openbml.report/1", "overall": {"accuracy": "good"}}',
        b'{"format": "openbml.report/1", "overall": {"accuracy": NaN}}',
        b'{"format": "openbml.report/1", "overall": {}, "history": [{"train_loss": Infinity}]}',
        b'{"format": "openbml.report/1", "overall": {}, "recommended_threshold": 7}',
        b'{"format": "openbml.report/1", "overall": {}, "topk": {"1": null}}',
        b'{"a":' * 5000,
        b"\xff\xfe",
    ],
)
def test_a_report_that_is_not_one_is_refused(body: bytes) -> None:
    with pytest.raises(ReportUnreadableError):
        parsed_report(body)
