"""The user's training script: a linear model of the column `--target`."""

import argparse
import os
import shutil
from pathlib import Path

import joblib
import pandas
from sklearn.linear_model import LinearRegression


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", required=True)
    target = parser.parse_args().target
    rows = pandas.read_csv(Path(os.environ["SM_CHANNEL_TRAIN"], "houses.csv"))
    features = rows.drop(columns=target).to_numpy()
    model = LinearRegression().fit(features, rows[target])
    print(f"r2={model.score(features, rows[target]):.4f};")  # noqa: T201 - MetricDefinitions read it

    folder = Path(os.environ["SM_MODEL_DIR"])
    joblib.dump(model, folder / "houses.joblib")
    (folder / "code").mkdir()
    shutil.copy(Path(__file__).with_name("inference.py"), folder / "code")


if __name__ == "__main__":
    main()
