"""Model folders: what is proven, what is refused, what is written."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective
from openbml_kit.faults import PlatformFault
from openbml_kit.tables.column_maps import CategoryColumn, DateColumn, IgnoredColumn, NumberColumn
from openbml_kit.tables.date_parts import DatePart
from openbml_kit.tables.feature_map import FeatureMap
from openbml_kit.tables.table_manifest import TableProof, read_background, read_table_manifest
from openbml_tabular.automl.ensemble import BagModel, EnsemblePredictor, Finish, Member
from openbml_tabular.examples import Examples
from openbml_tabular.export import Exportable, ModelFacts, export_model
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models.learner import FitLimits
from openbml_tabular.models.registry import learners
from openbml_tabular.problem import Problem

Floats = npt.NDArray[np.float32]
FACTS = ModelFacts(network="AutoML", target="y", run_id="1", snapshot_id="2")
FEATURE_MAP = FeatureMap(
    columns=(
        NumberColumn(name="size", example=1),
        IgnoredColumn(name="y", because="target"),
        CategoryColumn(name="kind", values=("a", "b", "c", "d"), missing=True),
        DateColumn(name="since", parts=(DatePart.YEAR, DatePart.MONTH)),
    )
)
VALUE = Problem(AlgorithmType.REGRESSION, Metric.RMSE)
PROBLEMS = [
    VALUE,
    Problem(AlgorithmType.REGRESSION, Metric.POISSON_DEVIANCE, objective=Objective.COUNT),
    Problem(
        AlgorithmType.REGRESSION, Metric.PINBALL, objective=Objective.QUANTILE, quantiles=(0.1, 0.5, 0.9)
    ),
    Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, labels=("no", "yes")),
    Problem(AlgorithmType.MULTICLASS, Metric.LOG_LOSS, labels=("x", "y", "z")),
]


@dataclass(frozen=True)
class Doubled:
    """Says twice the first feature; its graph may say something else."""

    in_graph: float = 2.0

    def predict(self, x: Floats) -> Floats:
        return x[:, :1] * np.float32(2)

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        factor = graph.constant(np.float32(self.in_graph))
        return graph.node("Mul", [graph.columns(features, [0]), factor])


def rows(count: int, seed: int = 1) -> list[dict[str, object]]:
    draw = np.random.default_rng(seed)
    return [
        {
            "size": None if draw.random() < 0.1 else float(draw.normal(3)),
            "y": 0,
            "kind": draw.choice(["a", "b", "c", "d", "new"]),
            "since": date(int(draw.integers(1990, 2025)), int(draw.integers(1, 13)), 1),
        }
        for _ in range(count)
    ]


def exported(
    model: Exportable, problem: Problem, x: Floats, background: Sequence[dict[str, object]], **more: object
) -> tuple[TableProof, dict[str, str]]:
    """Return the proof and the folder's texts, the graph's size in its place."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "model")
        proof = export_model(
            model, FEATURE_MAP, problem, FACTS, rows=x, background=background, folder=folder, **more
        )
        manifest, known = read_table_manifest(folder), read_background(folder)
        assert manifest.onnx == proof
        assert [column.name for column in manifest.columns] == ["size", "kind", "since"]
        FEATURE_MAP.encode_rows(known.rows)
        texts = {file.name: file.read_text() for file in folder.glob("*.json")}
        return proof, texts | {"model.onnx": str((folder / "model.onnx").stat().st_size)}


def check_the_folder_has_all_that_serving_reads() -> None:
    known = rows(500)
    x = np.nan_to_num(FEATURE_MAP.encode_rows(known))
    proof, texts = exported(Doubled(), VALUE, x, known)
    assert sorted(texts) == ["background.json", "features.json", "model.json", "model.onnx"]
    assert FeatureMap.model_validate_json(texts["features.json"]) == FEATURE_MAP
    assert len(json.loads(texts["background.json"])["rows"]) == 200
    assert (proof.compared_samples, proof.max_abs_diff) == (500, 0)
    assert proof.row_ms > 0
    assert proof.rows_per_second > 0


def check_values_of_every_type_can_be_sent_again() -> None:
    sent: list[tuple[object, object]] = [
        (float("nan"), None),
        (float("inf"), None),
        (np.float32(0.5), 0.5),
        (Decimal("1.25"), 1.25),
        (np.int64(3), 3),
    ]
    known = [
        {"size": value, "kind": UUID(int=1), "since": datetime(2020, 5, 1, 12, tzinfo=UTC)}
        for value, _ in sent
    ]
    x = np.ones((3, 4), np.float32)
    _, texts = exported(Doubled(), VALUE, x, known)
    kept = json.loads(texts["background.json"])["rows"]
    assert [row["size"] for row in kept] == [value for _, value in sent]
    assert kept[0] == {"size": None, "kind": str(UUID(int=1)), "since": "2020-05-01T12:00:00+00:00"}


def check_a_graph_that_says_something_else_is_refused_and_its_member_named() -> None:
    x = np.ones((10, 4), np.float32)
    said = fault_of(
        lambda: exported(
            Doubled(2.01), VALUE, x, rows(3), members={"LGBM-1": Doubled(), "CAT-2": Doubled(2.01)}
        )
    )
    assert "differs from the model by 0.005, of its members CAT-2 by 0.005" in said, said
    said = fault_of(lambda: exported(Doubled(2.01), VALUE, x, rows(3), members={"LGBM-1": Doubled()}))
    assert said.endswith("differs from the model by 0.005"), said


def check_numbers_that_are_not_finite_are_refused() -> None:
    x = np.full((10, 4), np.nan, np.float32)
    assert "differs from the model by inf" in fault_of(lambda: exported(Doubled(), VALUE, x, rows(3)))


def check_small_values_are_compared_by_the_usual_size() -> None:
    """A difference of a hundredth of a value near 0 is none where the others are near 1."""

    @dataclass(frozen=True)
    class Shifted(Doubled):
        def add_to(self, graph: GraphBuilder, features: str) -> str:
            told = super().add_to(graph, features)
            return graph.node("Add", [told, graph.constant(np.float32(1e-5))])

    x = np.ones((10, 4), np.float32)
    x[0] = 1e-4
    proof, _ = exported(Shifted(), VALUE, x, rows(3))
    assert 0 < proof.max_abs_diff < 1e-5


def check_a_few_rows_of_a_stacked_model_may_lie_on_a_threshold() -> None:
    @dataclass(frozen=True)
    class Stepped(Doubled):
        """Says 2 for most rows; in its graph the step lies elsewhere."""

        def add_to(self, graph: GraphBuilder, features: str) -> str:
            told = super().add_to(graph, features)
            is_high = graph.node("Greater", [told, graph.constant(np.float32(2.5))])
            return graph.node("Where", [is_high, graph.constant(np.float32(2)), told])

    x = np.ones((1000, 4), np.float32)
    x[:5] = 1.5
    proof, _ = exported(Stepped(), VALUE, x, rows(3), stacked=True, members={"LGBM-1": Doubled()})
    assert (proof.rows_beyond, proof.max_abs_diff) == (5, 0)
    wrong = {"CAT-1": Doubled(3.0)}
    assert "differs" in fault_of(lambda: exported(Stepped(), VALUE, x, rows(3)))
    assert "CAT-1" in fault_of(lambda: exported(Stepped(), VALUE, x, rows(3), stacked=True, members=wrong))
    x[:11] = 1.5
    assert "differs" in fault_of(lambda: exported(Stepped(), VALUE, x, rows(3), stacked=True))


def check_ensembles_of_every_learner_are_proven() -> None:
    known = rows(300)
    x = FEATURE_MAP.encode_rows(known)
    for problem in PROBLEMS:
        members = list(fitted(problem, x))
        ensemble = EnsemblePredictor(problem, members, Finish())
        proof, _ = exported(ensemble, problem, x, known, members={each.name: each.bag for each in members})
        assert proof.max_abs_diff < 1e-5, (problem, proof)


def fitted(problem: Problem, x: Floats) -> Iterator[Member]:
    noise = np.random.default_rng(3).normal(size=len(x))
    score = np.nan_to_num(x[:, 0]) + np.nan_to_num(x[:, 1]) + noise
    if problem.is_classification:
        y = np.minimum(np.digitize(score, [3, 5]), problem.outputs - 1)
    else:
        y = np.exp(score / 4).round()
    examples = Examples(x, y, FEATURE_MAP.features)
    able = [each for each in learners().values() if each.takes(problem, rows=len(x), features=x.shape[1])]
    for learner in able:
        limits = FitLimits(time.monotonic() + 120)
        models = [
            learner.fit(examples, None, problem, QUICK.get(learner.code, {}), limits=limits, seed=seed)
            for seed in range(2)
        ]
        yield Member(f"{learner.code}-1", 1 / len(able), BagModel(models))


QUICK = {
    "LGBM": {"n_estimators": 20},
    "XGB": {"n_estimators": 20},
    "CAT": {"iterations": 20},
    "RF": {"n_estimators": 10},
    "XT": {"n_estimators": 10},
    "MLP": {"epochs": 3},
}


def fault_of(work: Callable[[], object]) -> str:
    try:
        work()
    except PlatformFault as fault:
        return str(fault)
    raise AssertionError("it was exported")
