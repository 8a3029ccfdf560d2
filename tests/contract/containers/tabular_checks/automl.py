"""Solving within a budget: what is promised of time, memory, deaths and repeats."""

import io
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
from optuna.distributions import FloatDistribution
from tiny_learners import Deaf, Dying, Hungry, Line, Raising, SlowFolds

from openbml_catalog.tabular.settings import AlgorithmType, Metric, Objective
from openbml_kit.progress import Progress
from openbml_kit.tables.features import Feature, FeatureKind
from openbml_tabular.automl.folds import Folds
from openbml_tabular.automl.search import Zoo
from openbml_tabular.automl.solution import Predictor, Solution
from openbml_tabular.automl.solving import solve
from openbml_tabular.examples import Examples
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.problem import Problem

EVERY = (Line(), Dying(), Raising(), Deaf(), SlowFolds(), Hungry())
BINARY = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes"))
VALUES = Problem(AlgorithmType.REGRESSION, Metric.RMSE)


def zoo_of(*codes: str, stack: bool = False, space: bool = False, **parameters: object) -> Zoo:
    return Zoo(
        {learner.code: learner for learner in EVERY},
        [(code, dict(parameters)) for code in codes],
        {"LINE": {"ridge": FloatDistribution(1e-4, 10, log=True)}} if space else {},
        [("LINE", {"ridge": 0.1})] if stack else [],
    )


def examples(problem: Problem, rows: int = 120, seed: int = 0, *, weights: bool = False) -> Examples:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).astype(np.float32)
    x[random.random(x.shape) < 0.05] = np.nan
    signal = np.nan_to_num(x) @ [2.0, -1.0, 0.0] + random.normal(size=rows)
    y = signal
    if problem.is_classification:
        cuts = np.quantile(signal, np.linspace(0, 1, problem.outputs + 1)[1:-1])
        y = np.searchsorted(cuts, signal).astype(np.int64)
    elif problem.objective is Objective.COUNT:
        y = np.floor(np.exp(np.clip(signal / 2, -3, 3)))
    features = [Feature(name=f"f{place}", column=f"f{place}", kind=FeatureKind.NUMBER) for place in range(3)]
    shares = random.uniform(0.5, 1.5, rows)
    return Examples(x, y, features, shares / shares.mean() if weights else None)


def solved(
    problem: Problem, zoo: Zoo, training: Examples | None = None, *, budget_s: float = 20.0, **more: object
) -> Solution:
    training = examples(problem) if training is None else training
    folds = more.pop("folds", np.arange(len(training)) % 4)
    settings: dict[str, object] = {"threads": 2, "seed": 3, "progress": Progress(io.StringIO()), **more}
    return solve(training, problem, folds, zoo=zoo, budget_s=budget_s, **settings)


def answers_of_graph(predictor: Predictor, x: np.ndarray, outputs: int) -> np.ndarray:
    graph = GraphBuilder(x.shape[1])
    model = graph.finished(predictor.add_to(graph, graph.features), output="answers", width=outputs)
    (answers,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"features": x})
    return answers


def states(solution: Solution) -> dict[str, str]:
    return {entry.name: entry.state for entry in solution.leaderboard}


def check_every_kind_of_problem_is_solved_and_its_graph_answers_alike() -> None:
    three = Problem(AlgorithmType.MULTICLASS, Metric.LOG_LOSS, ("a", "b", "c"))
    quantiles = Problem(AlgorithmType.REGRESSION, Metric.PINBALL, (), Objective.QUANTILE, (0.1, 0.5, 0.9))
    counts = Problem(AlgorithmType.REGRESSION, Metric.POISSON_DEVIANCE, (), Objective.COUNT)
    for problem in (BINARY, three, VALUES, quantiles, counts, replace(three, metric=Metric.ACCURACY)):
        training = examples(problem, 2400, weights=problem is three)
        solution = solved(problem, zoo_of("LINE", "LINE", "LINE", stack=True), training)
        told = solution.predictor.predict(training.x)
        assert told.shape == (2400, problem.outputs)
        graph = answers_of_graph(solution.predictor, training.x, problem.outputs)
        np.testing.assert_allclose(told, graph, rtol=1e-4, atol=1e-5)
        assert solution.held_out.shape == told.shape
        assert np.isfinite(solution.held_out).all()
        if problem.quantiles:
            assert (np.diff(told, axis=1) >= 0).all()


def check_the_budget_is_kept_though_a_learner_does_not_hear() -> None:
    started = time.monotonic()
    solution = solved(BINARY, zoo_of("LINE", "DEAF", "DEAF"), budget_s=2.5)
    assert time.monotonic() - started < 2.5 + 2
    assert states(solution)["LINE"] == "complete"
    assert states(solution)["DEAF"] == "out_of_time"


def check_without_any_model_the_answer_is_the_best_constant() -> None:
    training = examples(BINARY)
    solution = solved(BINARY, zoo_of("DEAF"), training, budget_s=1.0)
    shares = np.bincount(training.y) / len(training)
    np.testing.assert_allclose(solution.predictor.predict(training.x[:2]), [shares, shares], rtol=1e-5)
    graph = answers_of_graph(solution.predictor, training.x[:2], 2)
    np.testing.assert_allclose(graph, [shares, shares], rtol=1e-5)
    assert any("no model was finished" in message for _, message in solution.notes)


def check_a_bag_that_is_begun_serves_where_none_is_complete() -> None:
    solution = solved(BINARY, zoo_of("SLOW"), budget_s=2.8, threads=1)
    assert states(solution)["SLOW"] in ("out_of_time", "complete")
    assert solution.leaderboard[0].name == "Ensemble"
    assert solution.predictor.predict(np.zeros((1, 3), np.float32)).shape == (1, 2)


def check_a_worker_that_dies_costs_one_fit() -> None:
    solution = solved(BINARY, zoo_of("DYING", "LINE", "RAISING", "LINE", ridge=0.5))
    lines = {entry.name: entry for entry in solution.leaderboard}
    assert lines["DYING"].state == "failed"
    assert "SIGKILL" in str(lines["DYING"].reason)
    assert lines["RAISING"].reason == "ValueError: a library says no"
    assert lines["LINE"].state == lines["LINE-2"].state == "complete"


def check_without_memory_fits_are_refused_and_told() -> None:
    solution = solved(BINARY, zoo_of("HUNGRY", "LINE"))
    lines = {entry.name: entry for entry in solution.leaderboard}
    assert lines["HUNGRY"].state == "failed"
    assert "of memory" in str(lines["HUNGRY"].reason)
    assert lines["LINE"].state == "complete"
    nothing = solved(BINARY, zoo_of("LINE"), free_bytes=lambda: 0)
    assert nothing.leaderboard[0].model == "PRIOR"


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        yield Path(first), Path(second)


def check_a_repeated_job_goes_on_with_what_it_finished() -> None:
    with folders() as (checkpoints, log):
        zoo = zoo_of("LINE", "LINE", log=str(log))
        first = solved(BINARY, zoo, checkpoints=checkpoints)
        fits = len(list(log.iterdir()))
        again = solved(
            BINARY,
            replace(zoo, portfolio=[*zoo.portfolio, ("LINE", {"ridge": 2.0})]),
            checkpoints=checkpoints,
        )
        assert len(list(log.iterdir())) == fits
        assert states(again) == {**states(first), "LINE-3": "complete"}
        x = examples(BINARY).x
        assert first.predictor.predict(x).shape == again.predictor.predict(x).shape


def check_time_that_was_used_counts_and_other_data_start_anew() -> None:
    with folders() as (checkpoints, log):
        zoo = zoo_of("LINE", log=str(log))
        solved(BINARY, zoo, checkpoints=checkpoints)
        about = checkpoints / "automl" / "about.json"
        about.write_text(json.dumps({**json.loads(about.read_text()), "used_s": 30.0}))
        started = time.monotonic()
        late = solved(BINARY, zoo, checkpoints=checkpoints)
        assert time.monotonic() - started < 2
        assert states(late)["LINE"] == "complete"
        fits = len(list(log.iterdir()))
        solved(BINARY, zoo, examples(BINARY, seed=9), checkpoints=checkpoints)
        assert len(list(log.iterdir())) == 2 * fits


def check_a_stop_ends_with_the_best_so_far() -> None:
    written = io.StringIO()
    solution = solved(
        BINARY,
        zoo_of("LINE", "DEAF"),
        progress=Progress(written),
        stop=lambda: "the user stopped it" if '"epoch"' in written.getvalue() else None,
    )
    assert solution.ended_early == "the user stopped it"
    assert states(solution)["LINE"] == "complete"
    records = [
        json.loads(line[10:]) for line in written.getvalue().splitlines() if line.startswith("##openbml")
    ]
    (board,) = (record for record in records if record["kind"] == "leaderboard")
    assert set(board["entries"][0]) == {"name", "model", "score", "weight", "fit_s", "state"}


def check_a_search_goes_on_where_the_portfolio_ends_and_repeats_by_its_seed() -> None:
    told = [solved(BINARY, zoo_of("LINE", space=True), threads=1) for _ in range(2)]
    assert len(told[0].trials) > 10
    parameters = [[trial["parameters"] for trial in each.trials] for each in told]
    assert parameters[0] == parameters[1]
    x = examples(BINARY).x
    np.testing.assert_array_equal(told[0].predictor.predict(x), told[1].predictor.predict(x))


def check_the_ensemble_is_not_worse_than_its_best_bag_out_of_fold() -> None:
    solution = solved(BINARY, zoo_of("LINE", space=True))
    ensemble, *bags = solution.leaderboard
    best = max(entry.score for entry in bags if entry.score is not None and entry.state == "complete")
    assert ensemble.score is not None
    assert ensemble.score >= best - 1e-6
    assert abs(sum(entry.weight for entry in bags) - 1) < 1e-6


def check_one_row_of_each_class_leaves_something_that_answers() -> None:
    problem = Problem(AlgorithmType.MULTICLASS, Metric.LOG_LOSS, tuple("abcdef"))
    training = replace(examples(problem, 6), y=np.arange(6))
    solution = solved(problem, zoo_of("LINE", "LINE"), training, folds=np.arange(6) % 3)
    told = solution.predictor.predict(training.x)
    np.testing.assert_allclose(told.sum(axis=1), 1, rtol=1e-4)


def check_of_a_rare_class_probabilities_keep_its_share() -> None:
    training = examples(BINARY, 2000)
    rare = replace(training, y=(np.nan_to_num(training.x) @ [1.0, 0.5, 0.0] > 2.0).astype(np.int64))
    solution = solved(BINARY, zoo_of("LINE", "LINE"), rare)
    assert abs(float(solution.predictor.predict(rare.x)[:, 1].mean()) - rare.y.mean()) < 0.02


def check_rows_of_weight_lead() -> None:
    training = examples(VALUES, 300)
    heavy = np.where(np.arange(300) < 150, 1.99, 0.01)
    told = solved(
        VALUES,
        zoo_of("LINE"),
        replace(training, y=np.where(np.arange(300) < 150, 10.0, 0.0), weights=heavy / heavy.mean()),
    )
    assert float(told.predictor.predict(training.x).mean()) > 8


def check_folds_in_time_are_trained_by_earlier_rows_only() -> None:
    numbers = np.repeat([-1, 0, 1], 40)
    folds = Folds.of(numbers, ordered=True)
    assert [folds.training(part).max() for part in folds.parts()] == [39, 79]
    solution = solved(VALUES, zoo_of("LINE"), folds=folds)
    assert np.isnan(solution.held_out[:40]).all()
    assert np.isfinite(solution.held_out[40:]).all()


def check_folds_without_rows_to_judge_by_are_refused() -> None:
    with np.testing.assert_raises_regex(ValueError, "rows to judge by"):
        solved(VALUES, zoo_of("LINE"), folds=np.full(120, -1))
