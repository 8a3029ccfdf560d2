"""Every library's trees as one node: the same rows go the same way, and the sums are the library's."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import catboost
import lightgbm
import numpy as np
import numpy.typing as npt
import onnxruntime
import xgboost
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from openbml_kit.faults import PlatformFault
from openbml_tabular.graphs import catboost_trees, forest_trees, lightgbm_trees, xgboost_trees
from openbml_tabular.graphs.builder import GraphBuilder
from openbml_tabular.graphs.trees import Comparison, Tree, TreeArrays

Floats = npt.NDArray[np.float32]
COLUMNS = 5
CLASSES = 3


def _rows(seed: int, *, rows: int = 300, missing: float = 0.1) -> Floats:
    """Normal, rounded, huge and tiny numbers, with holes."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, COLUMNS)).astype(np.float32)
    x[:, 1] = np.round(x[:, 1])
    x[:, 2] *= np.float32(10) ** draw.integers(-20, 20, rows).astype(np.float32)
    x[:, 3] = np.where(draw.random(rows) < 0.5, 0, x[:, 3])
    x[draw.random(x.shape) < missing] = np.nan
    return x


def _targets(x: Floats, seed: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Two classes, three classes, and positive values."""
    noise = np.random.default_rng(seed).normal(size=len(x))
    score = np.nan_to_num(x[:, 0]) + np.isnan(x[:, 1]) + 0.5 * noise
    return score > 0, np.digitize(score, [-0.3, 0.6]), np.exp(score)


def _hard_rows(trees: TreeArrays, seed: int) -> Floats:
    """Random rows whose values are often a node's threshold or its float32 neighbours."""
    draw = np.random.default_rng(seed)
    x = _rows(seed + 1000, rows=400, missing=0.2)
    nodes = [(f, t) for tree in trees.trees for f, t in zip(tree.feature, tree.threshold, strict=True)]
    for row in x if nodes else ():
        for place in draw.integers(len(nodes), size=3):
            feature, threshold = nodes[place]
            nearest = np.float32(np.clip(threshold, -3e38, 3e38))
            row[feature] = draw.choice(
                [nearest, np.nextafter(nearest, -np.inf), np.nextafter(nearest, np.inf)]
            )
    x[0], x[1], x[2], x[3] = np.nan, 3.4e38, -3.4e38, 0
    return x


def _of_graph(trees: TreeArrays, x: Floats) -> Floats:
    builder = GraphBuilder(x.shape[1])
    model = builder.finished(trees.add_to(builder, builder.features), output="values", width=trees.outputs)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    (values,) = session.run(["values"], {"features": x})
    return np.asarray(values)


def _agree(trees: TreeArrays, predict: Callable[[Floats], Any], seed: int) -> None:
    x = _hard_rows(trees, seed)
    wanted = np.asarray(predict(x), np.float64).reshape(len(x), trees.outputs)
    scale = np.abs(wanted).max(axis=0) + 1e-30
    for values in (trees.predict(x), _of_graph(trees, x)):
        assert values.dtype == np.float32
        difference = np.abs(values - wanted) / scale
        assert difference.max() < 1e-6, (difference.max(), np.argwhere(difference > 1e-6)[:5])


def check_lightgbm_of_every_kind() -> None:
    kinds: list[Mapping[str, Any]] = [
        {},
        {"boosting": "dart", "drop_rate": 0.5, "skip_drop": 0},
        {"data_sample_strategy": "goss"},
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.7},
        {"use_missing": False},
    ]
    for seed, kind in enumerate(kinds):
        for missing in (0.15, 0.0) if not kind else (0.15,):
            x = _rows(seed, missing=missing)
            _check_lightgbm(x, seed, kind)


def _check_lightgbm(x: Floats, seed: int, kind: Mapping[str, Any]) -> None:
    binary, classes, values = _targets(x, seed)
    for target, objective in (
        (binary, {"objective": "binary"}),
        (classes, {"objective": "multiclass", "num_class": CLASSES}),
        (values, {"objective": "regression"}),
        (values, {"objective": "quantile", "alpha": 0.9}),
    ):
        booster = _lightgbm(x, target, {**objective, **kind}, 12)
        _agree(lightgbm_trees.trees_of(booster), _raw_score(booster, kind.get("boosting") == "rf"), seed)


def _raw_score(booster: lightgbm.Booster, averaged: bool) -> Callable[[Floats], Any]:
    share = 1 / booster.current_iteration() if averaged else 1
    return lambda x: share * booster.predict(x, raw_score=True, num_threads=1)


def _lightgbm(
    x: Floats, target: Any, parameters: Mapping[str, Any], rounds: int, categories: Sequence[int] = ()
) -> lightgbm.Booster:
    settings = {"verbosity": -1, "num_threads": 1, "num_leaves": 9, "min_data_in_leaf": 5, **parameters}
    return lightgbm.train(settings, lightgbm.Dataset(x, target, categorical_feature=list(categories)), rounds)


def check_lightgbm_of_one_and_of_a_thousand_trees_and_of_none_that_split() -> None:
    x = _rows(1)
    _, classes, values = _targets(x, 1)
    for rounds in (1, 1000):
        booster = _lightgbm(x, values, {"objective": "regression"}, rounds)
        _agree(lightgbm_trees.trees_of(booster), booster.predict, rounds)
    booster = _lightgbm(x, classes, {"objective": "multiclass", "num_class": 3, "min_data_in_leaf": 300}, 2)
    _agree(lightgbm_trees.trees_of(booster), lambda x: booster.predict(x, raw_score=True, num_threads=1), 5)


def check_lightgbm_ends_at_its_best_iteration() -> None:
    x = _rows(2)
    _, _, values = _targets(x, 2)
    booster = _lightgbm(x, values, {"objective": "regression"}, 20)
    booster.best_iteration = 7
    trees = lightgbm_trees.trees_of(booster)
    assert len(trees.trees) == 7
    _agree(trees, booster.predict, 2)


def check_lightgbm_of_other_splits_is_refused() -> None:
    x = _rows(3)
    binary, _, _ = _targets(x, 3)
    codes = np.abs(np.nan_to_num(np.round(x[:, :2])))
    for data, parameters in (
        (codes, {"min_data_per_group": 1, "cat_smooth": 0}),
        (x, {"zero_as_missing": True}),
        (x, {"linear_tree": True}),
    ):
        categories = [1] if data is codes else []
        booster = _lightgbm(data, binary, {"objective": "binary", **parameters}, 3, categories)
        _refused(lambda b=booster: lightgbm_trees.trees_of(b))


def check_xgboost_of_every_kind() -> None:
    kinds: list[Mapping[str, Any]] = [
        {},
        {"booster": "dart", "rate_drop": 0.5, "one_drop": 1},
        {"tree_method": "exact", "gamma": 0.5, "max_depth": 8},
        {"grow_policy": "lossguide", "max_leaves": 7},
        {"num_parallel_tree": 3, "subsample": 0.6, "eta": 1},
        {"base_score": 0.3},
    ]
    for seed, kind in enumerate(kinds):
        for missing in (0.15, 0.0) if not kind else (0.15,):
            _check_xgboost(_rows(seed, missing=missing), seed, kind)


def _check_xgboost(x: Floats, seed: int, kind: Mapping[str, Any]) -> None:
    binary, classes, values = _targets(x, seed)
    for target, objective in (
        (binary, {"objective": "binary:logistic"}),
        (classes, {"objective": "multi:softprob", "num_class": CLASSES}),
        (values, {"objective": "reg:squarederror"}),
        (values, {"objective": "reg:gamma"}),
        (values, {"objective": "reg:absoluteerror"}),
        (values, {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]}),
    ):
        booster = _xgboost(x, target, {**objective, **kind}, 10)
        _agree(xgboost_trees.trees_of(booster), lambda x, b=booster: _margin(b, x), seed)


def _xgboost(x: Floats, target: Any, parameters: Mapping[str, Any], rounds: int) -> xgboost.Booster:
    settings = {"nthread": 1, "max_depth": 4, "verbosity": 0, **parameters}
    return xgboost.train(settings, xgboost.DMatrix(x, target, nthread=1), rounds)


def _margin(booster: xgboost.Booster, x: Floats) -> Any:
    return booster.predict(xgboost.DMatrix(x, nthread=1), output_margin=True)


def check_xgboost_of_one_and_of_a_thousand_trees_and_of_a_part() -> None:
    x = _rows(4)
    _, _, values = _targets(x, 4)
    booster = _xgboost(x, values, {"objective": "reg:squarederror"}, 1000)
    for part in (booster[:1], booster[:17], booster):
        _agree(xgboost_trees.trees_of(part), lambda x, b=part: _margin(b, x), 4)


def check_xgboost_without_trees_is_refused() -> None:
    x = _rows(5, missing=0)
    _, _, values = _targets(x, 5)
    linear = _xgboost(x[:, :2], values, {"booster": "gblinear"}, 2)
    ranking = _xgboost(x, values, {"objective": "survival:cox"}, 2)
    vector = _xgboost(x, np.c_[values, values], {"multi_strategy": "multi_output_tree"}, 2)
    for booster in (linear, ranking, vector):
        _refused(lambda b=booster: xgboost_trees.trees_of(b))


def check_catboost_of_every_kind() -> None:
    kinds: list[Mapping[str, Any]] = [
        {"depth": 4},
        {"depth": 1, "nan_mode": "Max"},
        {"grow_policy": "Depthwise", "depth": 4, "min_data_in_leaf": 5},
        {"grow_policy": "Lossguide", "max_leaves": 7},
        {"boosting_type": "Ordered", "bootstrap_type": "Bernoulli"},
    ]
    for seed, kind in enumerate(kinds):
        _check_catboost(_rows(seed, missing=0.15), seed, kind)


def _check_catboost(x: Floats, seed: int, kind: Mapping[str, Any]) -> None:
    binary, classes, values = _targets(x, seed)
    for target, objective in (
        (binary, {"loss_function": "Logloss"}),
        (classes, {"loss_function": "MultiClass"}),
        (values, {"loss_function": "RMSE"}),
        (values, {"loss_function": "MultiQuantile:alpha=0.1,0.9"}),
    ):
        if kind.get("boosting_type") == "Ordered" and len(objective["loss_function"]) > 10:
            continue  # CatBoost has no ordered boosting of these losses' vectors
        model = _catboost(x, target, {**objective, **kind}, 12)
        _agree(
            catboost_trees.trees_of(model),
            lambda x, m=model: m.predict(x, "RawFormulaVal", thread_count=1),
            seed,
        )


def _catboost(x: Floats, target: Any, parameters: Mapping[str, Any], rounds: int) -> catboost.CatBoost:
    quiet = {"verbose": False, "allow_writing_files": False, "thread_count": 1}
    model = catboost.CatBoost({"iterations": rounds, **quiet, **parameters})
    model.fit(x, target)
    return model


def check_catboost_of_one_and_of_many_trees_without_and_with_missing_values() -> None:
    x = _rows(6, missing=0)
    _, _, values = _targets(x, 6)
    for rounds in (1, 300):
        model = _catboost(x, values, {"loss_function": "MAE"}, rounds)
        model.set_scale_and_bias(0.3, 2.5)
        trees = catboost_trees.trees_of(model)
        _agree(trees, lambda x, m=model: m.predict(x, "RawFormulaVal", thread_count=1), rounds)


def check_catboost_of_categories_is_refused() -> None:
    rows = [[str(number % 3), number] for number in range(40)]
    target = [number % 3 == 1 for number in range(40)]
    model = catboost.CatBoostClassifier(
        iterations=2, verbose=False, allow_writing_files=False, one_hot_max_size=1
    )
    model.fit(rows, target, cat_features=[0])
    _refused(lambda: catboost_trees.trees_of(model))


def check_forests_of_every_kind() -> None:
    for seed, missing in enumerate((0.0, 0.15)):
        x = _rows(seed, missing=missing)
        x[:, 2] = np.clip(x[:, 2], -1e30, 1e30)
        _, classes, values = _targets(x, seed)
        for forest in _forests(seed, n_estimators=15):
            forest.fit(x, np.array(["a", "b", "c"])[classes] if _is_classifier(forest) else values)
            _agree(forest_trees.trees_of(forest), _library_predict(forest), seed)


def check_forests_of_one_and_of_many_trees() -> None:
    x = _rows(7)
    _, classes, values = _targets(x, 7)
    for count in (1, 150):
        for forest in _forests(7, n_estimators=count, max_depth=4):
            forest.fit(x, classes if _is_classifier(forest) else values)
            _agree(forest_trees.trees_of(forest), _library_predict(forest), count)


def _forests(seed: int, **settings: Any) -> Iterator[forest_trees.Forest]:
    yield RandomForestClassifier(random_state=seed, class_weight="balanced", **settings)
    yield ExtraTreesClassifier(random_state=seed, **settings)
    yield RandomForestRegressor(random_state=seed, **settings)
    yield ExtraTreesRegressor(random_state=seed, criterion="absolute_error", **settings)


def _is_classifier(forest: forest_trees.Forest) -> bool:
    return hasattr(forest, "predict_proba")


def _library_predict(forest: forest_trees.Forest) -> Callable[[Floats], Any]:
    return (
        forest.predict_proba
        if isinstance(forest, RandomForestClassifier | ExtraTreesClassifier)
        else forest.predict
    )


def check_random_trees_in_the_graph_are_the_reference() -> None:
    draw = np.random.default_rng(11)
    for comparison in Comparison:
        for count in (1, 2, 7, 79, 81, 300):
            trees = TreeArrays(
                [_random_tree(draw) for _ in range(count)], draw.normal(size=CLASSES), comparison
            )
            _agree(trees, trees.predict, count)


def _random_tree(draw: np.random.Generator) -> Tree:
    """Grow a tree by splitting leaves at random; some keep a single leaf, some become chains."""
    nodes = int(draw.integers(0, 12))
    left, right, slots = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64), [(0, 0)]
    for node in range(nodes):
        if node:
            at, side = slots.pop(int(draw.integers(len(slots))))
            (left, right)[side][at] = node
        slots = [*(slots if node else []), (node, 0), (node, 1)]
    for leaf, (at, side) in enumerate(slots if nodes else []):
        (left, right)[side][at] = ~leaf
    whole = draw.random() < 0.5
    return Tree(
        feature=draw.integers(0, COLUMNS, nodes),
        threshold=draw.choice([0, math.inf, 0.5, 1e-40, -3e38, 0.1], nodes),
        left=left,
        right=right,
        missing_left=draw.random(nodes) < 0.5,
        leaf_values=draw.normal(size=(nodes + 1, CLASSES if whole else 1)),
        output=0 if whole else int(draw.integers(CLASSES)),
    )


def _refused(make: Callable[[], object]) -> None:
    try:
        make()
    except PlatformFault:
        return
    raise AssertionError("it was exported")
