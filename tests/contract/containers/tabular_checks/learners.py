"""What every learner owes, whatever the problem and the rows."""

import pickle
import time
from dataclasses import replace

import learner_cases as cases
import numpy as np

from openbml_catalog.tabular.settings import Objective
from openbml_kit.faults import UserFault
from openbml_tabular.examples import Examples
from openbml_tabular.models.learner import OutOfTimeError
from openbml_tabular.models.losses import loss_of
from openbml_tabular.models.registry import learner

KINDS = tuple(cases.PROBLEMS)


def takes(name: str, kind: str) -> bool:
    return learner(name).takes(cases.PROBLEMS[kind], rows=500, features=8)


def check_it_learns(name: str, kind: str) -> None:
    if not takes(name, kind):
        assert (name, kind) == ("KNN", "quantile")
        return
    case, model = cases.case(kind), cases.fitted(name, kind)
    said = model.predict(case.unseen.x)
    assert said.shape == (len(case.unseen), case.problem.outputs)
    assert said.dtype == np.float32
    assert np.isfinite(said).all()
    if case.problem.is_classification:
        assert np.allclose(said.sum(axis=1), 1, atol=1e-5)
        assert said.min() >= 0
    if case.problem.objective is Objective.QUANTILE:
        assert (np.diff(said, axis=1) >= 0).all()
    assert loss_of(case.problem, said, case.unseen) < cases.better_than(case)


def check_its_graph_says_the_same(name: str, kind: str) -> None:
    if not takes(name, kind):
        return
    case, model = cases.case(kind), cases.fitted(name, kind)
    x = np.concatenate([case.unseen.x, cases.strange_rows()])
    said = model.predict(x)
    assert np.isfinite(said).all()
    scale = max(1.0, float(np.abs(said).max()))
    assert np.abs(cases.from_graph(model, x, case.problem.outputs) - said).max() < 1e-5 * scale
    assert np.abs(model.predict(x[:1]) - said[:1]).max() < 1e-5 * scale
    assert model.predict(x[:0]).shape == (0, case.problem.outputs)


def check_a_pickled_copy_says_the_same(name: str) -> None:
    model = cases.fitted(name, "multiclass")
    x = cases.case("multiclass").unseen.x
    stored = pickle.dumps(model)
    assert np.array_equal(pickle.loads(stored).predict(x), model.predict(x))
    assert model.size_bytes < 4_000_000
    assert model.size_bytes <= len(stored) + 1000


def check_the_same_seed_makes_the_same_model(name: str) -> None:
    case = cases.case("multiclass")
    again = cases.fit(name, case.training, case.validation, case.problem)
    x = case.unseen.x
    assert np.array_equal(again.predict(x), cases.fitted(name, "multiclass").predict(x))


def check_it_ends_at_its_deadline(name: str) -> None:
    endless = {
        "LGBM": {"n_estimators": 20_000, "learning_rate": 1e-4},
        "CAT": {"iterations": 20_000, "learning_rate": 1e-4},
        "XGB": {"n_estimators": 20_000, "learning_rate": 1e-4},
        "RF": {"n_estimators": 5000},
        "XT": {"n_estimators": 5000},
        "MLP": {"epochs": 1000},
    }
    training, validation, problem = cases.larger()
    began = time.monotonic()
    limits = cases.limits(0.7)
    model = learner(name).fit(training, validation, problem, endless.get(name, {}), limits=limits, seed=1)
    assert time.monotonic() - began < 5
    assert model.predict(validation.x).shape == (len(validation), problem.outputs)


def check_without_time_it_says_so(name: str) -> None:
    case = cases.case("binary")
    with cases.refused(OutOfTimeError):
        learner(name).fit(case.training, None, case.problem, {}, limits=cases.limits(-1), seed=1)


def check_it_needs_no_validation(name: str) -> None:
    case = cases.case("binary")
    model = cases.fit(name, case.training, None, case.problem)
    assert loss_of(case.problem, model.predict(case.unseen.x), case.unseen) < case.prior_loss


def check_it_survives(name: str, rows: str) -> None:
    for kind in ("binary", "multiclass", "mean", "quantile", "count"):
        if not takes(name, kind):
            continue
        case = cases.case(kind)
        training, validation = cases.bad_rows(rows, case)
        model = cases.fit(name, training, validation, case.problem, cases.TINY[name])
        x = case.unseen.x[:20, : training.x.shape[1]]
        said = model.predict(x)
        assert said.shape == (20, case.problem.outputs), (kind, said.shape)
        assert np.isfinite(said).all(), kind
        if case.problem.is_classification:
            assert np.allclose(said.sum(axis=1), 1, atol=1e-5), kind
            assert (said > 0).all() or name != "RF", kind
        graph = cases.from_graph(model, x, case.problem.outputs)
        assert np.abs(graph - said).max() < 1e-4 * max(1.0, float(np.abs(said).max())), kind


def check_weights_count(name: str) -> None:
    """Rows of the class `yes` that count twenty times make it likelier."""
    case = cases.case("binary")
    heavy = np.where(case.training.y == 1, 20.0, 1.0)
    training = replace(case.training, weights=heavy / heavy.mean())
    model = cases.fit(name, training, None, case.problem)
    plain = cases.fit(name, replace(case.training, weights=None), None, case.problem)
    x = case.unseen.x
    assert model.predict(x)[:, 1].mean() > plain.predict(x)[:, 1].mean() + 0.03


def check_an_unknown_parameter_is_refused(name: str) -> None:
    case = cases.case("binary")
    for wrong in ({"num_leafs": 31}, cases.WRONG[name]):
        with cases.refused(UserFault, name, next(iter(wrong))):
            learner(name).fit(case.training, None, case.problem, wrong, limits=cases.limits(), seed=1)


def check_values_that_contradict_each_other_are_made_to_fit(name: str) -> None:
    for number, parameters in enumerate(cases.CONTRADICTIONS.get(name, [])):
        kind = KINDS[number % 4]
        case = cases.case(kind)
        model = cases.fit(name, case.training, case.validation, case.problem, parameters)
        said = model.predict(case.unseen.x)
        assert loss_of(case.problem, said, case.unseen) < case.prior_loss, parameters
        told = cases.from_graph(model, case.unseen.x, case.problem.outputs)
        assert np.abs(told - said).max() < 1e-5 * max(1.0, float(np.abs(said).max())), parameters


def check_memory_and_size_are_told(name: str) -> None:
    problem = cases.PROBLEMS["multiclass"]
    small = learner(name).memory_bytes(problem, rows=1000, features=10)
    assert 0 < small <= learner(name).memory_bytes(problem, rows=1_000_000, features=100)


def check_a_learner_needs_a_row() -> None:
    case = cases.case("binary")
    nothing: Examples = case.training.take(np.array([], np.int64))
    with cases.refused(ValueError, "row"):
        learner("LR").fit(nothing, None, case.problem, {}, limits=cases.limits(), seed=1)
