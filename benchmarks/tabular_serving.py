"""Time of a tabular prediction: the serving image against the libraries' own predict of the same models.

    OPENBML_TABULAR_PYTHON -m benchmarks.tabular_serving make --folder FOLDER
    OPENBML_SERVING_PYTHON -m benchmarks.tabular_serving measure --folder FOLDER --native TABULAR_PYTHON

The libraries get the encoded features; the handler gets the request's JSON object, so that its time holds the
checks, the encoding and the answer too. Both have one core and take turns; figures are medians. Over HTTP one
client waits for each answer. Goal: a row of the ensemble of 20 in 1 ms, handler alone.
"""

import argparse
import json
import pickle
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.serving_throughput import ROOT, over_http, percentile, start_server

sys.path.insert(0, str(ROOT / "containers" / "tabular"))

ROWS = 6_000
BATCH = 1_000
LEVELS = (3, 8, 40, 400)  # of the categories
NUMBERS = 12
# Members of the ensemble: code, how many, parameters.
MEMBERS: list[tuple[str, int, dict[str, Any]]] = [
    ("LGBM", 8, {"n_estimators": 200}),
    ("XGB", 5, {"n_estimators": 200}),
    ("CAT", 5, {"iterations": 200}),
    ("RF", 1, {"n_estimators": 200}),
    ("XT", 1, {"n_estimators": 200}),
]
ENSEMBLE = "ensemble of 20"


def make(folder: Path) -> None:
    """Train the models on drawn rows, export each, and keep the libraries' own beside them."""
    from openbml_catalog.tabular.settings import AlgorithmType, Metric
    from openbml_tabular.automl.ensemble import BagModel, EnsemblePredictor, Finish, Member
    from openbml_tabular.export import ModelFacts, export_model
    from openbml_tabular.problem import Problem

    problem = Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, labels=("no", "yes"))
    feature_map, rows = drawn_rows()
    x = feature_map.encode_rows(rows)
    members = fitted(feature_map, x, problem)
    bags = [Member(name, 1 / len(members), BagModel([model])) for name, model in members.items()]
    predictors = {name.partition("-")[0]: model for name, model in members.items()}
    predictors[ENSEMBLE] = EnsemblePredictor(problem, bags, Finish())
    for name, predictor in predictors.items():
        proof = export_model(
            predictor,
            feature_map,
            problem,
            ModelFacts(network=name, target="y", run_id="1", snapshot_id="1"),
            rows=x,
            background=rows,
            folder=folder / name / "model",
            members=members if name == ENSEMBLE else None,
        )
        size = (folder / name / "model" / "model.onnx").stat().st_size / 1e6
        print(f"{name:<16} {size:6.1f} MB, differs by {proof.max_abs_diff:.1e}", flush=True)
    (folder / "native.pickle").write_bytes(pickle.dumps((predictors, x[:BATCH])))
    (folder / "rows.json").write_text(json.dumps(rows[:BATCH]))


def drawn_rows() -> tuple[Any, list[dict[str, Any]]]:
    """Return a feature map and rows of 12 numbers, four categories and a date, some numbers missing."""
    import numpy as np

    from openbml_kit.tables.column_maps import CategoryColumn, DateColumn, NumberColumn
    from openbml_kit.tables.date_parts import DatePart
    from openbml_kit.tables.feature_map import FeatureMap

    draw = np.random.default_rng(1)
    names = [tuple(f"level {place}" for place in range(levels)) for levels in LEVELS]
    columns = [NumberColumn(name=f"number {place}", example=0.5) for place in range(NUMBERS)]
    columns += [
        CategoryColumn(name=f"category {place}", example=values[0], values=values)
        for place, values in enumerate(names)
    ]
    parts = (DatePart.DAYS, DatePart.MONTH, DatePart.WEEKDAY)
    columns.append(DateColumn(name="date", example="2020-01-01", parts=parts))
    rows = [
        {f"number {place}": None if draw.random() < 0.05 else draw.normal() for place in range(NUMBERS)}
        | {f"category {place}": str(draw.choice(values)) for place, values in enumerate(names)}
        | {"date": f"20{draw.integers(10, 25)}-{draw.integers(1, 13):02d}-{draw.integers(1, 29):02d}"}
        for _ in range(ROWS)
    ]
    return FeatureMap(columns=tuple(columns)), rows


def fitted(feature_map: Any, x: Any, problem: Any) -> Mapping[str, Any]:
    """Return the ensemble's members by name, each fitted to other rows."""
    import numpy as np

    from openbml_tabular.examples import Examples
    from openbml_tabular.models.learner import FitLimits
    from openbml_tabular.models.registry import learner

    draw = np.random.default_rng(2)
    known = np.nan_to_num(x)
    score = known[:, 0] + known[:, 1] * known[:, 2] + known[:, NUMBERS + 1] % 3 / 2
    target = (score + draw.normal(size=len(x)) / 2 > 0.5).astype(np.int64)
    examples = Examples(x, target, feature_map.features)
    models = {}
    for code, count, parameters in MEMBERS:
        for seed in range(count):
            part = examples.take(draw.permutation(len(x))[: len(x) * 4 // 5])
            limits = FitLimits(time.monotonic() + 120)
            fit = learner(code).fit
            models[f"{code}-{seed}"] = fit(part, None, problem, parameters, limits=limits, seed=seed)
    return models


def native(folder: Path) -> dict[str, dict[str, float]]:
    """Return each model's times in its own library."""
    predictors, x = pickle.loads((folder / "native.pickle").read_bytes())
    return {
        name: timed(lambda place: predictor.predict(x[place : place + 1]), lambda: predictor.predict(x))  # noqa: B023 - called at once
        for name, predictor in predictors.items()
    }


def handled(folder: Path, name: str, rows: list[Any]) -> dict[str, float]:
    """Return a model's times in the handler."""
    from openbml_serving.tasks import load_task

    handler = load_task(folder / name / "model", cores=1).handler
    handler.warm_up()
    return timed(
        lambda place: handler.answer({"data": rows[place : place + 1]}, alone=True),
        lambda: handler.answer({"data": rows}, alone=True),
    )


def timed(single: Callable[[int], object], batch: Callable[[], object]) -> dict[str, float]:
    """Return medians in ms of a row and of all rows."""
    for place in range(20):
        single(place)
    return {
        "row_ms": statistics.median(milliseconds(lambda: single(place)) for place in range(200)),  # noqa: B023 - called at once
        "batch_ms": statistics.median(milliseconds(batch) for _ in range(5)),
    }


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def http_times(folder: Path, name: str, rows: list[Any], port: int, seconds: float) -> dict[str, float]:
    """Return median times of requests of one row and of all rows."""
    process, _ = start_server(folder / name, port)
    try:
        bodies = [json.dumps({"data": sent}).encode() for sent in (rows[:1], rows)]
        over_http(port, bodies[0], clients=1, seconds=0.5)
        (_, singles), (_, batches) = [over_http(port, body, clients=1, seconds=seconds) for body in bodies]
    finally:
        process.terminate()
        process.wait(30)
    return {
        "http_row_ms": statistics.median(singles),
        "http_row_p99_ms": percentile(singles, 0.99),
        "http_batch_ms": statistics.median(batches),
    }


def measure(folder: Path, python: str, *, port: int, rounds: int, seconds: float) -> list[dict[str, Any]]:
    rows = json.loads((folder / "rows.json").read_text())
    names = [*dict.fromkeys(code for code, _, _ in MEMBERS), ENSEMBLE]
    command = [python, "-m", "benchmarks.tabular_serving", "native", "--folder", folder]
    found: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = {name: [] for name in names}
    for _ in range(rounds):
        libraries = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
        for name in names:
            found[name].append((libraries[name], handled(folder, name, rows)))
    return [
        figures(name, found[name])
        | {key: value * 1000 for key, value in http_times(folder, name, rows, port, seconds).items()}
        for name in names
    ]


def figures(name: str, rounds: list[tuple[dict[str, float], dict[str, float]]]) -> dict[str, Any]:
    found: dict[str, Any] = {"model": name}
    for what in ("row_ms", "batch_ms"):
        library = statistics.median(each[what] for each, _ in rounds)
        ours = statistics.median(each[what] for _, each in rounds)
        found |= {f"native_{what}": library, f"handler_{what}": ours}
        found[f"{what.removesuffix('_ms')}_speed_up"] = library / ours
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["make", "native", "measure"])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--native", help="the tabular image's interpreter")
    parser.add_argument("--port", type=int, default=9298)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    if given.what == "make":
        make(given.folder)
    elif given.what == "native":
        print(json.dumps(native(given.folder)))
    else:
        rows = measure(
            given.folder, given.native, port=given.port, rounds=given.rounds, seconds=given.seconds
        )
        print("  ".join(f"{name:>17}" for name in rows[0]))
        for row in rows:
            print("  ".join(f"{v:>17}" if isinstance(v, str) else f"{v:17.3f}" for v in row.values()))
        if given.json:
            given.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
