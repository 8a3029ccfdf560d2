"""A regression of XGBoost in its own format, without service code: make.py FOLDER"""

import json
import sys
from pathlib import Path

import xgboost
from sklearn.datasets import load_diabetes

folder = Path(sys.argv[1])
rows, values = load_diabetes(return_X_y=True)
booster = xgboost.train({"max_depth": 3, "seed": 1}, xgboost.DMatrix(rows, values), 40)
booster.save_model(folder / "model.ubj")
manifest = {
    "format": "openbml.framework-model/1",
    "framework": "xgboost",
    "task": "tabular_prediction",
    "contract": "framework",
    "model_file": "model.ubj",
}
(folder / "framework.json").write_text(json.dumps(manifest, indent=1))
