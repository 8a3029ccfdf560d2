"""Writes the benchmark's sets: tables of a folder and scikit-learn's bundled ones, one split for everybody.

    python benchmarks/peers/tabular_sets.py --data FOLDER --output FOLDER --seed 0 [--sets adult]

Each set becomes a folder with `train.parquet`, `test.parquet` and `set.json`: target and kind. Seed 0 keeps
the split that a set comes with; others draw a split of the same sizes anew, stratified by the class.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn import datasets
from sklearn.model_selection import train_test_split

TARGETS = {
    "adult": "income",
    "housing": "median_house_value",
    "letters": "letter",
    "penguins": "species",
    "taxi_fare": "fare_amount",
    "titanic": "Survived",
}
BUNDLED: Mapping[str, Callable[..., Any]] = {
    "breast_cancer": datasets.load_breast_cancer,
    "iris": datasets.load_iris,
    "digits": datasets.load_digits,
    "sk_wine": datasets.load_wine,
    "sk_diabetes": datasets.load_diabetes,
}
_TEST_SHARE = 0.25
_MOST_CLASSES = 30


@dataclass(frozen=True)
class Set:
    name: str
    train: pd.DataFrame
    test: pd.DataFrame
    target: str
    kind: str

    def write(self, folder: Path) -> None:
        place = folder / self.name
        place.mkdir(parents=True, exist_ok=True)
        self.train.to_parquet(place / "train.parquet", index=False)
        self.test.to_parquet(place / "test.parquet", index=False)
        told = {"name": self.name, "target": self.target, "kind": self.kind, "rows": len(self.train)}
        (place / "set.json").write_text(json.dumps(told))


def kind_of(target: pd.Series) -> str:
    distinct = target.nunique()
    if pd.api.types.is_float_dtype(target) or (
        pd.api.types.is_numeric_dtype(target) and distinct > _MOST_CLASSES
    ):
        return "regression"
    return "binary" if distinct == 2 else "multiclass"


def split(name: str, table: pd.DataFrame, target: str, test: float | int, seed: int) -> Set:
    kind = kind_of(table[target])
    strata = None if kind == "regression" else table[target]
    train, held = train_test_split(table, test_size=test, random_state=seed, stratify=strata)
    return Set(name, train, held, target, kind)


def of_folder(folder: Path, seed: int) -> Set:
    train = pd.read_csv(next(iter(sorted(folder.glob("train*.csv")))))
    test = pd.read_csv(folder / "test.csv")
    target = TARGETS.get(folder.name, train.columns[-1])
    if seed == 0:
        return Set(folder.name, train, test, target, kind_of(train[target]))
    return split(folder.name, pd.concat([train, test], ignore_index=True), target, len(test), seed)


def bundled(name: str, seed: int) -> Set:
    frame = BUNDLED[name](as_frame=True)
    target = "class" if hasattr(frame, "target_names") and frame.target_names is not None else "target"
    if name == "sk_diabetes":
        target = "target"
    table = frame.data.assign(**{target: frame.target})
    return split(name, table, target, _TEST_SHARE, seed)


def all_sets(data: Path, seed: int, wanted: list[str]) -> list[Set]:
    folders = sorted(place.parent for place in data.glob("*/test.csv"))
    found = [of_folder(place, seed) for place in folders if not wanted or place.name in wanted]
    return found + [bundled(name, seed) for name in BUNDLED if not wanted or name in wanted]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sets", nargs="*", default=[])
    given = parser.parse_args()
    for one in all_sets(given.data, given.seed, given.sets):
        one.write(given.output)
        print(one.name)


if __name__ == "__main__":
    main()
