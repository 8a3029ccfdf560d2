"""The page of a tabular report: complete, in both languages, deaf to hostile names and values."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from openbml_kit.report_charts import histogram, scatter_chart
from openbml_kit.tables.report_page import table_report_page
from openbml_tabular.problem import Problem
from openbml_tabular.report.inputs import Evaluated, ReportInputs, Warned
from openbml_tabular.report.report import tabular_report
from openbml_tabular.sampling import Sampling
from tests.fakes import tabular_evaluation as runs

EXAMPLES = Path(__file__).resolve().parents[2] / "fakes" / "tabular_reports"
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.headings: list[str] = []
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("input", "meta", "img", "br", "hr"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if "h2" in self._open:
            self.headings.append(data)


def example(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return document


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "quantile"])
def test_the_page_runs_nothing_and_loads_nothing(name: str) -> None:
    text = table_report_page(example(name))
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "form"} & set(page.tags)
    assert not any(attribute.startswith("on") for attribute in page.attributes)
    assert "default-src &#x27;none&#x27;" in text
    assert len(text) < 400_000


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        (
            "binary",
            {"Leaderboard", "Threshold", "Curves", "Confusion matrix", "Where the model fails", "Wrong rows"},
        ),
        ("multiclass", {"Curves", "Confusion matrix", "Labels"}),
        ("regression", {"Residuals", "What the model uses", "Partial dependence"}),
        ("quantile", {"Residuals", "Coverage of quantiles"}),
    ],
)
def test_each_kind_has_its_sections_and_all_have_the_cards(name: str, sections: set[str]) -> None:
    headings = set(Page(table_report_page(example(name))).headings)
    assert sections | {"Overall", "Data card", "Model card", "Columns", "Configuration"} <= headings
    assert {"整体评估", "数据卡", "模型卡"} <= headings
    assert ("Threshold" in headings) == (name == "binary")


def hostile() -> ReportInputs:
    inputs = runs.classification(rows=120)
    table = inputs.evaluated.table
    renamed = {"c0": HOSTILE, "c3": f"{HOSTILE} 3"}
    values = pa.array([HOSTILE if row % 2 else "usual" for row in range(120)])
    evaluated = inputs.evaluated
    names = [renamed.get(name, name) for name in table.column_names]
    told = table.set_column(3, "c3", values).rename_columns(names)
    problem = Problem(inputs.problem.kind, inputs.problem.metric, [HOSTILE, f"{HOSTILE} 2"])
    return replace(
        inputs,
        target=HOSTILE,
        problem=problem,
        evaluated=Evaluated(told, evaluated.x, evaluated.y, evaluated.predictions),
        columns=[
            replace(column, name=renamed.get(column.name, column.name), ignored_because=HOSTILE)
            for column in inputs.columns
        ],
        features=[
            feature.model_copy(update={"column": renamed.get(feature.column, feature.column)})
            for feature in inputs.features
        ],
        training=replace(inputs.training, sampling=Sampling(9, 3, HOSTILE, HOSTILE)),
        warnings=[Warned(HOSTILE, "info", HOSTILE, HOSTILE)],
        trials=[{"number": 1, "model": HOSTILE, "score": -0.5, "parameters": {HOSTILE: HOSTILE}}],
        context={"network": HOSTILE, "run_id": HOSTILE, "params": {HOSTILE: {HOSTILE: [HOSTILE]}}},
    )


def test_hostile_names_and_values_stay_text() -> None:
    page = Page(table_report_page(tabular_report(hostile())))
    assert not {"script", "img"} & set(page.tags)
    assert not any(attribute.startswith("on") for attribute in page.attributes)
    assert sum(HOSTILE in text for text in page.texts) > 20


@pytest.mark.parametrize("make", [runs.classification, runs.regression, runs.quantiles])
@pytest.mark.parametrize("rows", [1, 10])
def test_a_handful_of_rows_has_a_page(make: Any, rows: int) -> None:
    assert Page(table_report_page(tabular_report(make(rows=rows)))).headings


def test_many_classes_have_a_page_of_bounded_size() -> None:
    text = table_report_page(tabular_report(runs.classification(rows=1000, classes=200)))
    assert "Most frequent confusions" in text
    assert len(text) < 1_000_000


def test_sampled_rows_are_told_on_the_page() -> None:
    inputs = runs.regression(rows=50)
    sampled = replace(inputs.training, sampling=Sampling(1_000_000, 200_000, "to fit the memory", "内存限制"))
    text = table_report_page(tabular_report(replace(inputs, training=sampled)))
    assert "200000 / 1000000" in text
    assert "to fit the memory" in text


def test_trials_are_listed_the_best_first() -> None:
    trials = [
        {
            "number": number,
            "model": "LGBM",
            "score": score,
            "parameters": {"num_leaves": 31},
            "state": "complete",
        }
        for number, score in enumerate((-0.5, -0.25, None))
    ]
    text = table_report_page(tabular_report(replace(runs.regression(rows=50), trials=trials)))
    assert text.index("-0.25") < text.index("-0.5<")
    assert "num_leaves=31" in text
    assert "2 of 3 trials are shown." in text


def test_points_and_bars_are_drawn() -> None:
    assert Page(scatter_chart([(0, 1), (2, 3)])).tags.count("circle") == 2
    assert Page(histogram(np.arange(4.0).tolist(), [1, 0, 5])).tags.count("rect") == 3
    assert Page(scatter_chart([])).tags.count("circle") == 0
