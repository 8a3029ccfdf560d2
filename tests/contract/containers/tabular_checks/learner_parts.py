"""What learners are made of: preparations, links, packed forests, parameters, the portfolio."""

import time

import learner_cases as cases
import numpy as np
from sklearn.ensemble import RandomForestRegressor

from openbml_catalog.tabular.models import models
from openbml_catalog.tabular.settings import AlgorithmType, Metric
from openbml_kit.faults import UserFault
from openbml_tabular.examples import Examples, Floats
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.models import cat, forests, lgbm, linear, mlp, neighbours, xgb
from openbml_tabular.models.blocks import Preparation
from openbml_tabular.models.learner import FitLimits
from openbml_tabular.models.links import Link
from openbml_tabular.models.packed_forest import PackedForest, rounded_down
from openbml_tabular.models.parameters import SWITCH, Settings, choice, number, whole
from openbml_tabular.models.portfolio import PORTFOLIO
from openbml_tabular.models.preparation import fit_transform_for_trees, fit_transform_scaled
from openbml_tabular.models.registry import learner, learners
from openbml_tabular.models.stopping import Stopping
from openbml_tabular.models.target_statistics import fit_target_statistics
from openbml_tabular.problem import Problem

BINARY = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, ("no", "yes"))


class _Prepared:
    """A preparation as a model, so that its graph can be run."""

    def __init__(self, preparation: Preparation) -> None:
        self.preparation = preparation

    def add_to(self, graph: GraphBuilder, features: str) -> str:
        return self.preparation.add_to(graph, features)


def check_preparations_and_their_graphs_say_exactly_the_same() -> None:
    case = cases.case("multiclass")
    x = np.concatenate([case.unseen.x, cases.strange_rows()])
    for fit in (fit_transform_for_trees, fit_transform_scaled):
        preparation, training = fit(case.training, case.problem, seed=1)
        assert training.shape == (len(case.training), preparation.width)
        told = preparation.transform(x)
        assert np.array_equal(
            told, cases.from_graph(_Prepared(preparation), x, preparation.width), equal_nan=True
        )


def check_trees_see_numbers_as_they_are() -> None:
    case = cases.case("binary")
    preparation, training = fit_transform_for_trees(case.training, case.problem, seed=1)
    width = len(case.training.features)
    assert np.array_equal(training[:, :width], case.training.x, equal_nan=True)
    # Behind the features: four codes one-hot, and one statistic of forty codes.
    assert preparation.width == width + 4 + 1


def check_others_see_no_missing_value_and_nothing_far_out() -> None:
    case = cases.case("binary")
    preparation, training = fit_transform_scaled(case.training, case.problem, seed=1)
    for prepared in (training, preparation.transform(cases.strange_rows())):
        assert np.isfinite(prepared).all()
        assert np.abs(prepared).max() <= 3.001


def check_a_row_does_not_see_its_own_target() -> None:
    """Codes that have nothing to do with the target say nothing of it, however many there are."""
    random = np.random.default_rng(0)
    x = random.integers(0, 400, size=(2000, 1)).astype(np.float32)
    rows = Examples(x, random.integers(0, 2, 2000), [cases.code("chance", 400)])
    block, fitted = fit_target_statistics(rows, np.array([0]), BINARY, seed=1)
    naive = block.transform(rows.x)[:, 0]
    assert abs(np.corrcoef(fitted[:, 0], rows.y)[0, 1]) < 0.1
    assert np.corrcoef(naive, rows.y)[0, 1] > 0.3


def check_statistics_shrink_to_the_prior() -> None:
    codes = np.repeat(np.float32([0, 1]), [90, 10])[:, None]
    y = np.concatenate([np.zeros(90), np.ones(10)]).astype(np.int64)
    rows = Examples(codes, y, [cases.code("code", 3)])
    block, _ = fit_target_statistics(rows, np.array([0]), BINARY, seed=1)
    zero, one, unmet, unseen = block.transform(np.float32([[0], [1], [2], [np.nan]]))[:, 0]
    assert zero == np.float32((0 + 10 * 0.1) / 100)
    assert one == np.float32((10 + 10 * 0.1) / 20)
    assert unmet == unseen == np.float32(0.1)


def check_weights_move_statistics() -> None:
    codes = np.zeros((100, 1), np.float32)
    y = np.arange(100) % 2
    heavy = np.where(y == 1, 1.5, 0.5)
    rows = Examples(codes, y, [cases.code("code", 1)], heavy)
    block, _ = fit_target_statistics(rows, np.array([0]), BINARY, seed=1)
    assert abs(block.transform(codes[:1])[0, 0] - 0.75) < 1e-6


def check_a_packed_forest_says_what_the_forest_says() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 5)).astype(np.float32)
    x[random.random(x.shape) < 0.1] = np.nan
    forest = RandomForestRegressor(20, random_state=0).fit(x, random.normal(size=300))
    trees = [each.tree_ for each in forest.estimators_]
    packed = PackedForest.of(trees, [tree.value[:, 0, :].astype(np.float32) for tree in trees])
    expected = forest.predict(x)
    for said in (packed.predict(x), packed.predict(x[:16])):
        assert np.abs(said[:, 0] - expected[: len(said)]).max() < 1e-5
    assert np.abs(packed.arrays().predict(x)[:, 0] - expected).max() < 1e-5


def check_thresholds_round_down() -> None:
    above = np.array([0.1, 1 + 2**-30, -(1 + 2**-30), 1e-50, -1e-50, 3.0])
    rounded = rounded_down(above)
    assert (rounded.astype(np.float64) <= above).all()
    assert (np.nextafter(rounded, np.float32(np.inf)).astype(np.float64) > above).all()


def check_links_and_their_graphs_agree() -> None:
    scores = np.random.default_rng(0).normal(scale=20, size=(50, 3)).astype(np.float32)
    for link in Link:
        raw = np.abs(scores) if link is Link.SHARES else scores
        raw = raw[:, :1] if link is Link.SIGMOID else raw
        said = link.apply(raw)
        told = _linked(link, raw, said.shape[1])
        assert np.allclose(told, said, rtol=1e-5, atol=1e-6), link


def _linked(link: Link, raw: Floats, outputs: int) -> Floats:
    class Linked:
        def add_to(self, graph: GraphBuilder, features: str) -> str:
            return link.add_to(graph, features, outputs)

    return cases.from_graph(Linked(), raw, outputs)


def check_parameters_have_types_and_ranges() -> None:
    known = {"count": whole(1, 9), "share": number(0, 1), "kind": choice("a", "b"), "on": SWITCH}
    taken = Settings("LR", known, {"count": 3.0, "share": 1, "kind": "b", "on": True})
    assert (taken.get("count", 1), taken.get("share", 0.5), taken.get("kind", "a")) == (3, 1.0, "b")
    assert type(taken.get("count", 1)) is int
    assert type(taken.get("share", 0.5)) is float
    wrong = {"count": 10, "share": float("nan"), "kind": "c", "on": 1}
    for name, value in wrong.items():
        with cases.refused(UserFault, "LR", name):
            Settings("LR", known, {name: value})
    for name, value in {"count": True, "share": "much", "kind": 1, "on": "yes"}.items():
        with cases.refused(UserFault, "LR", name):
            Settings("LR", known, {name: value})
    with cases.refused(UserFault, "LR", "cuont", "count"):
        Settings("LR", known, {"cuont": 1})


def check_learners_know_what_the_catalogue_offers() -> None:
    """Each hyper-parameter, at both ends of what the catalogue lets it be, is one that the learner takes."""
    known = {
        "CAT": cat.KNOWN, "LGBM": lgbm.KNOWN, "XGB": xgb.KNOWN, "RF": forests.KNOWN, "XT": forests.KNOWN,
        "LR": linear.KNOWN, "KNN": neighbours.KNOWN, "MLP": mlp.KNOWN,
    }  # fmt: skip
    assert set(known) == set(learners())
    for code, accepted in known.items():
        for row in models()[code].parameters:
            ends = [end for end in (row.minimum, row.maximum) if end is not None]
            for value in (row.default, *ends, *row.choices, *row.words):
                Settings(code, accepted, {row.name: value})


def check_stopping_keeps_the_best_step() -> None:
    stopping = Stopping(FitLimits(time.monotonic() + 60), patience=2)
    told = [stopping.after_step(loss) for loss in (3.0, 1.0, 2.0, 2.0)]
    assert told == [False, False, False, True]
    assert (stopping.best_step, stopping.best_loss) == (1, 1.0)
    without = Stopping(FitLimits(time.monotonic() + 60))
    assert [without.after_step(None) for _ in range(3)] == [False] * 3
    assert without.best_step == 2
    assert Stopping(FitLimits(time.monotonic() - 1)).after_step(None)


def check_every_configuration_of_the_portfolio_is_taken() -> None:
    """Each differs from the others and fits a small table."""
    assert {code for code, _ in PORTFOLIO} == set(learners())
    assert len({(code, tuple(sorted(parameters.items()))) for code, parameters in PORTFOLIO}) == len(
        PORTFOLIO
    )
    case = cases.case("binary")
    for code, parameters in PORTFOLIO:
        small = {**parameters, **cases.TINY[code]}
        limits = cases.limits()
        model = learner(code).fit(case.training, case.validation, case.problem, small, limits=limits, seed=1)
        assert model.predict(case.unseen.x).shape == (len(case.unseen), 2)
