"""A user's script as they write it: arguments, SM_* variables, a model in SM_MODEL_DIR."""

import argparse
import json
import os
from pathlib import Path

import joblib
import pandas
from sklearn.linear_model import LogisticRegression

parser = argparse.ArgumentParser()
parser.add_argument("--regularisation", type=float)
parser.add_argument("--target")
arguments = parser.parse_args()

rows = pandas.read_csv(Path(os.environ["SM_CHANNEL_TRAIN"], "flowers.csv"))
if arguments.target not in rows:
    raise ValueError(f"column {arguments.target} is missing")
model = LogisticRegression(C=arguments.regularisation)
model.fit(rows.drop(columns=arguments.target).to_numpy(), rows[arguments.target])
accuracy = model.score(rows.drop(columns=arguments.target).to_numpy(), rows[arguments.target])
print(f"accuracy={accuracy:.4f};")

folder = Path(os.environ["SM_MODEL_DIR"])
joblib.dump(model, folder / "flowers.joblib")
variables = {name: value for name, value in os.environ.items() if name.startswith("SM_")}
Path(os.environ["SM_OUTPUT_DATA_DIR"], "variables.json").write_text(json.dumps(variables))
code = folder / "code"
code.mkdir()
(code / "inference.py").write_text(Path(__file__).with_name("serve_flowers.py").read_text())
