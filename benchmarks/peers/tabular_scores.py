"""Scores of one answer to a set, the same measures for everybody; printed as JSON.

    python benchmarks/peers/tabular_scores.py --set FOLDER --answer FOLDER

A class that a system does not know has the probability zero; log loss clips at 1e-15 as everywhere.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, log_loss, mean_absolute_error, r2_score, roc_auc_score


def of_regression(truth: "np.ndarray[Any, Any]", values: "np.ndarray[Any, Any]") -> dict[str, float]:
    return {
        "rmse": float(np.sqrt(np.mean((truth - values) ** 2))),
        "mae": float(mean_absolute_error(truth, values)),
        "r2": float(r2_score(truth, values)),
    }


def of_classes(
    truth: "np.ndarray[Any, Any]", scores: "np.ndarray[Any, Any]", classes: list[str]
) -> dict[str, float]:
    known = sorted(set(classes) | set(truth))
    table = np.zeros((len(truth), len(known)))
    table[:, [known.index(label) for label in classes]] = scores
    table = np.clip(table, 1e-15, 1)
    table /= table.sum(axis=1, keepdims=True)
    binary = len(known) == 2
    auc = roc_auc_score(
        truth == known[1] if binary else truth,
        table[:, 1] if binary else table,
        **({} if binary else {"multi_class": "ovr", "labels": known}),
    )
    chosen = np.array(known)[table.argmax(axis=1)]
    return {
        "log_loss": float(log_loss(truth, table, labels=known)),
        "roc_auc": float(auc),
        "accuracy": float(accuracy_score(truth, chosen)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", type=Path, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    given = parser.parse_args()
    told = json.loads((given.set / "set.json").read_text())
    target = pd.read_parquet(given.set / "test.parquet", columns=[told["target"]])[told["target"]]
    answer = np.load(given.answer / "predictions.npz")
    if told["kind"] == "regression":
        scores = of_regression(target.to_numpy(float), answer["answers"].ravel())
    else:
        scores = of_classes(
            target.astype(str).to_numpy(), answer["answers"], [str(c) for c in answer["classes"]]
        )
    print(json.dumps(scores))


if __name__ == "__main__":
    main()
