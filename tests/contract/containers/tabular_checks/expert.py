"""Expert mode: ranges, searches, their ends and what they leave."""

import io
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import optuna
from expert_cases import InlineExecutor, ScalingLearner, conf, solved, table

from openbml_catalog.tabular.models import models
from openbml_catalog.tabular.ranges import read_range
from openbml_catalog.tabular.script import parse_script, preset_script
from openbml_catalog.tabular.settings import AlgorithmType, TrainingWay
from openbml_kit.faults import UserFault
from openbml_kit.progress import TAG, Progress
from openbml_tabular.automl.workers import LocalWorkers
from openbml_tabular.examples import Examples
from openbml_tabular.expert.dependence import effective
from openbml_tabular.expert.solve import solve_expert, workers_for
from openbml_tabular.expert.spaces import distribution_of, sampled
from openbml_tabular.expert.study import Search
from openbml_tabular.expert.variants import FeatureVariant
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models import cat, forests, lgbm, linear, mlp, neighbours, xgb
from openbml_tabular.models.parameters import Settings
from openbml_tabular.models.registry import learners

LEAVES = {"min_samples_leaf": {"type": "randint", "range": [1, 20]}}
DEEP = {"max_depth": {"type": "randint", "range": [1, 20]}, **LEAVES}


def drawn(document: dict[str, object], *, whole: bool = False, count: int = 400) -> list[object]:
    """Return values that a random study draws from a range."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    distribution = distribution_of(read_range(document), whole=whole)
    return [sampled(study.ask(), "value", distribution) for _ in range(count)]


def check_the_unmodified_script_trains(code: str, kind: str) -> None:
    script = preset_script(code, AlgorithmType(kind), TrainingWay.SINGLE)
    wanted = replace(parse_script(script), max_trials=2)
    examples, problem = table(AlgorithmType(kind))
    found = solve_expert(
        examples,
        problem,
        np.arange(len(examples)) % 3,
        wanted,
        learners=learners(),
        budget_s=15,
        threads=1,
        seed=1,
        progress=Progress(io.StringIO()),
        executor=InlineExecutor(dict(learners())),
    ).solution
    assert len(found.trials) == 2, found.trials
    assert all(row["state"] in ("complete", "pruned") for row in found.trials), found.trials
    told = found.predictor.predict(examples.x)
    assert told.shape == (len(examples), problem.outputs)
    constant = np.full(len(examples), examples.y.mean())
    if problem.is_classification:
        assert (told.argmax(axis=1) == examples.y).mean() > 0.7
    else:
        assert np.abs(told[:, 0] - examples.y).mean() < 0.7 * np.abs(constant - examples.y).mean()
    graph = GraphBuilder(examples.x.shape[1])
    model = graph.finished(found.predictor.add_to(graph, graph.features), output="out", width=problem.outputs)
    (exported,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"features": examples.x})
    assert np.allclose(exported, told, atol=1e-4), np.abs(exported - told).max()


def check_the_five_kinds_of_ranges_are_drawn_exactly() -> None:
    whole = drawn({"type": "randint", "range": [3, 7]})
    assert set(whole) == {3, 4, 5, 6, 7}
    assert {type(value) for value in whole} == {int}
    uniform = drawn({"type": "uniform", "range": [0.5, 1.0]})
    assert 0.5 <= min(uniform) < 0.52
    assert 0.98 < max(uniform) <= 1.0
    assert abs(np.mean(uniform) - 0.75) < 0.03
    steps = drawn({"type": "quniform", "range": [0.1, 0.75], "q": 0.2})
    assert set(steps) == {0.1, 0.3, 0.5, 0.7}
    logs = drawn({"type": "loguniform", "range": [0.001, 10.0]})
    assert 0.05 < np.median(logs) < 0.2
    choices = drawn({"type": "choice", "values": ["sqrt", 0.5, True, 3]})
    assert {(type(value), value) for value in choices} == {
        (str, "sqrt"),
        (float, 0.5),
        (bool, True),
        (int, 3),
    }
    for share in np.unique(whole, return_counts=True)[1] / 400:
        assert 0.1 < share < 0.3


def check_ranges_of_whole_numbers_yield_whole_numbers() -> None:
    steps = drawn({"type": "quniform", "range": [100, 1000], "q": 100}, whole=True)
    assert set(steps) == set(range(100, 1001, 100))
    logs = drawn({"type": "loguniform", "range": [2, 512]}, whole=True)
    assert {type(value) for value in [*steps, *logs]} == {int}
    assert 20 < np.median(logs) < 50


def check_every_preset_range_of_every_model_is_drawn_from_within_its_limits() -> None:
    for code in ("CAT", "LGBM", "RF", "LR", "XGB", "KNN"):
        wanted = parse_script(preset_script(code, AlgorithmType.BINARY, TrainingWay.SINGLE))
        search = Search(wanted, seed=1)
        rows = {row.name: row for row in models()[code].parameters}
        for _ in range(20):
            proposal = search.ask()
            assert proposal is not None
            for name, value in proposal.parameters.items():
                assert rows[name].fault(value) is None, (code, name, value)
            search.tell(proposal.number, {"score": 0.5}, "complete")


def check_learners_take_whatever_the_catalogue_allows() -> None:
    known = {"CAT": cat, "LGBM": lgbm, "RF": forests, "XT": forests, "LR": linear, "XGB": xgb}
    known |= {"KNN": neighbours, "MLP": mlp}
    for code, module in known.items():
        for row in models()[code].parameters:
            limits = [int(end) if row.type == "integer" else end for end in (row.minimum, row.maximum) if end]
            for value in [row.default, *row.range.ends, *row.choices, *row.words, *limits]:
                assert row.fault(value) is None, (code, row.name, value)
                Settings(code, module.KNOWN, effective(code, {row.name: value}))


def check_values_that_depend_on_each_other_are_not_drawn_or_made_to_fit() -> None:
    space = models()["LGBM"].space()
    base = parse_script(preset_script("LGBM", AlgorithmType.BINARY, TrainingWay.SINGLE))
    search = Search(replace(base, hp_space=space), seed=2)
    kinds = set()
    for _ in range(40):
        proposal = search.ask()
        assert proposal is not None
        boosting = proposal.parameters["boosting_type"]
        kinds.add(boosting)
        assert ("subsample" in proposal.parameters) == (boosting != "goss")
        assert ("learning_rate" in proposal.parameters) == (boosting != "rf")
        depth = int(proposal.parameters["max_depth"])
        assert int(proposal.parameters["num_leaves"]) <= 2**depth
        search.tell(proposal.number, {"score": 0.5}, "complete")
    assert kinds == {"rf", "gbdt", "dart", "goss"}
    assert effective("RF", {"min_samples_split": 2, "min_samples_leaf": 10}) == {
        "min_samples_split": 20,
        "min_samples_leaf": 10,
    }
    assert effective("LGBM", {"max_depth": -1, "num_leaves": 31}) == {"num_leaves": 31}


def check_the_best_trial_wins_and_all_are_told() -> None:
    out = io.StringIO()
    found = solved(conf(LEAVES, max_trials=12), progress=Progress(out)).solution
    best = max((row for row in found.trials if row["state"] == "complete"), key=lambda row: row["score"])
    winner = found.leaderboard[0]
    assert (winner.name, winner.weight) == (best["name"], 1.0)
    assert winner.parameters["min_samples_leaf"] == best["parameters"]["min_samples_leaf"]
    assert len(found.trials) == len(found.leaderboard) == 12
    assert [entry.weight for entry in found.leaderboard[1:]] == [0.0] * 11
    assert found.ended_early is None
    assert not np.isnan(found.held_out).any()
    records = [
        json.loads(line.removeprefix(TAG)) for line in out.getvalue().splitlines() if line.startswith(TAG)
    ]
    epochs = [record for record in records if record["kind"] == "epoch"]
    assert [record["epoch"] for record in epochs] == list(range(1, 13))
    assert epochs[-1]["best_score"] == max(record["score"] for record in epochs)
    assert records[-1]["kind"] == "leaderboard"
    assert len(records[-1]["entries"]) <= 20


def check_the_scripts_values_are_tried_first() -> None:
    wanted = conf(LEAVES, model_config={"min_samples_leaf": 7, "n_estimators": 30})
    first = solved(wanted).solution.trials[0]
    assert first["parameters"] == {"min_samples_leaf": 7, "n_estimators": 30}


def check_the_same_seed_tries_the_same() -> None:
    one, other = (solved(conf(DEEP)).solution.trials for _ in range(2))
    assert [row["parameters"] for row in one] == [row["parameters"] for row in other]
    assert [row["score"] for row in one] == [row["score"] for row in other]


def check_without_search_there_is_one_training_with_the_scripts_values() -> None:
    wanted = conf(LEAVES, hyperparameter_tune=False, model_config={"min_samples_leaf": 5})
    found = solved(wanted).solution
    assert [row["parameters"] for row in found.trials] == [{"min_samples_leaf": 5}]
    assert [row["parts"] for row in found.trials] == [3]
    assert [entry.state for entry in found.leaderboard] == ["complete"]


def check_a_configuration_is_not_tried_twice() -> None:
    space = {"min_samples_leaf": {"type": "choice", "values": [2, 5, 9]}}
    found = solved(conf(space, max_trials=50)).solution
    assert sorted(row["parameters"]["min_samples_leaf"] for row in found.trials) == [2, 5, 9]


def check_weak_trials_end_after_their_first_part() -> None:
    found = solved(conf(LEAVES, max_trials=20)).solution
    parts = {row["state"]: row["parts"] for row in found.trials}
    assert parts == {"complete": 3, "pruned": 1}


def check_patience_ends_a_search_that_finds_nothing_better() -> None:
    space = {"n_estimators": {"type": "randint", "range": [100, 400]}}  # which the learner ignores
    found = solved(conf(space, max_trials=50, patience=4)).solution
    assert len(found.trials) == 5


def check_trials_on_one_part_leave_a_winner_of_all_parts() -> None:
    found = solved(conf(LEAVES, trial_folds=1)).solution
    assert {row["parts"] for row in found.trials} == {1}
    assert len(found.predictor.members[0].bag.models) == 3
    assert not np.isnan(found.held_out).any()


def check_trials_that_fail_do_not_end_the_search() -> None:
    found = solved(conf(DEEP, max_trials=15), ScalingLearner(fails_above=10)).solution
    states = [row["state"] for row in found.trials]
    assert {"complete", "failed"} <= set(states)
    assert len(states) == 15
    reasons = [row["reason"] for row in found.trials if row["state"] == "failed"]
    assert all("deep" in reason for reason in reasons)
    assert found.leaderboard[0].state == "complete"


def check_a_search_whose_every_trial_fails_is_the_users_fault() -> None:
    told = ""
    try:
        solved(conf(DEEP), ScalingLearner(fails_above=0))
    except UserFault as fault:
        told = str(fault)
    assert "no trial of RF has a model" in told
    assert "deep" in told


def check_the_maximum_training_time_ends_fits_by_force() -> None:
    learner = ScalingLearner(hangs_above=10)
    workers = LocalWorkers(2, {"RF": learner})
    started = time.monotonic()
    wanted = conf(DEEP, max_trials=500, model_config={"max_depth": 2, "min_samples_leaf": 5})
    found = solved(wanted, learner, executor=workers, budget_s=6.0).solution
    seconds = time.monotonic() - started
    assert seconds < 14, seconds
    assert found.ended_early == "time_limit"
    assert found.leaderboard[0].state == "complete"
    assert "out_of_time" in {row["state"] for row in found.trials}
    assert not any(alive(pid) for pid in workers.pids())


def check_without_a_model_in_time_the_answer_is_the_best_constant() -> None:
    learner = ScalingLearner(hangs_above=0)
    found = solved(conf(DEEP), learner, executor=LocalWorkers(1, {"RF": learner}), budget_s=2.0).solution
    examples, _ = table(AlgorithmType.REGRESSION)
    assert found.ended_early == "time_limit"
    assert np.allclose(found.predictor.predict(examples.x), examples.y.mean(), atol=1e-5)
    assert any("best constant" in message for _, message in found.notes)


def check_a_wish_to_stop_keeps_the_best_so_far() -> None:
    asked = iter([None] * 12 + ["signal"] * 1000)
    found = solved(conf(LEAVES, max_trials=500), stop=lambda: next(asked)).solution
    assert found.ended_early == "signal"
    assert found.leaderboard[0].state == "complete"
    assert len(found.trials) < 500


def check_a_killed_search_goes_on_with_its_trials() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asked = iter([None] * 10 + ["signal"] * 1000)
        wanted = conf(LEAVES, max_trials=9)
        first = solved(wanted, stop=lambda: next(asked), checkpoints=Path(folder)).solution
        again = solved(wanted, checkpoints=Path(folder)).solution
        whole = [row for row in first.trials if row["state"] in ("complete", "pruned")]
        assert 0 < len(whole) < 9
        assert [row for row in again.trials if row["name"] in {row["name"] for row in whole}] == whole
        assert sum(row["state"] in ("complete", "pruned") for row in again.trials) >= 8
        best = max(row["score"] for row in again.trials if row["state"] == "complete")
        assert again.leaderboard[0].score == best
        other = solved(replace(wanted, max_trials=2), checkpoints=Path(folder)).solution
        assert len(other.trials) == 2, "another script begins anew"


def check_feature_settings_are_searched_together() -> None:
    examples, _ = table(AlgorithmType.REGRESSION)
    asked = []

    def better() -> Examples:
        asked.append("better")
        return replace(
            examples, x=np.concatenate([examples.y[:, None] / 2, examples.x], axis=1).astype(np.float32)
        )

    found = solved(conf(LEAVES, max_trials=10), variants=[FeatureVariant("with the answer", better)])
    assert asked == ["better"], "examples are made once"
    assert found.variant == 1
    assert {row["features"] for row in found.solution.trials} == {"default", "with the answer"}
    told = found.solution.predictor.predict(better().x)
    assert np.corrcoef(told[:, 0], examples.y)[0, 1] > 0.999


def check_as_many_fits_run_side_by_side_as_memory_holds() -> None:
    assert workers_for(8, 10, 1000) == 8
    assert workers_for(8, 10, 35) == 3
    assert workers_for(8, 10, 5) == 1


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
