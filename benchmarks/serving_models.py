"""Makes the small model of the serving benchmarks, a linear classifier of 30 numbers, in the tabular image's
environment."""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
for part in ("containers/tabular", "containers/kit", "layers/catalog", "layers/formats"):
    sys.path.insert(0, str(ROOT / part))

FEATURES = 30


@dataclass(frozen=True)
class LinearScores:
    """Softmax of `x @ weights + shift`."""

    weights: Any
    shift: Any

    def predict(self, x: Any) -> Any:
        sums = x @ self.weights + self.shift
        shares = np.exp(sums - sums.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def add_to(self, graph: Any, features: str) -> str:
        sums = graph.node("Gemm", [features, graph.constant(self.weights), graph.constant(self.shift)])
        scores: str = graph.node("Softmax", [sums], axis=1)
        return scores


def rows(count: int) -> list[dict[str, float]]:
    draw = np.random.default_rng(1).normal(size=(count, FEATURES)).astype(np.float32).tolist()
    return [{f"feature_{place}": round(value, 4) for place, value in enumerate(row)} for row in draw]


def write_table_model(base: Path) -> None:
    """Write `base/model`, and `base/body.json` with a request of one row."""
    from openbml_catalog.tabular.settings import AlgorithmType, Metric
    from openbml_kit.tables.column_maps import NumberColumn
    from openbml_kit.tables.feature_map import FeatureMap
    from openbml_tabular.export import ModelFacts, export_model
    from openbml_tabular.problem import Problem

    random = np.random.default_rng(2)
    examples = rows(100)
    names = list(examples[0])
    feature_map = FeatureMap(columns=tuple(NumberColumn(name=name, example=0.5) for name in names))
    export_model(
        LinearScores(random.normal(size=(FEATURES, 2)).astype(np.float32), np.zeros(2, np.float32)),
        feature_map,
        Problem(AlgorithmType.BINARY, Metric.LOG_LOSS, labels=("no", "yes")),
        ModelFacts(network="linear", target="target", run_id="1", snapshot_id="none"),
        rows=feature_map.encode_rows(examples),
        background=examples,
        folder=base / "model",
    )
    (base / "body.json").write_text(json.dumps({"data": examples[:1]}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="stands for /opt/ml")
    write_table_model(parser.parse_args().folder)


if __name__ == "__main__":
    main()
