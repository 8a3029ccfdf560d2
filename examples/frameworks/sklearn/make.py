"""A classifier of scikit-learn in a pickle, beside the service code that loads it: make.py FOLDER"""

import json
import pickle
import shutil
import sys
from pathlib import Path

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
rows, classes = load_iris(return_X_y=True)
with (folder / "model.pkl").open("wb") as file:
    pickle.dump(LogisticRegression(max_iter=500).fit(rows, classes), file)
shutil.copy(Path(__file__).with_name("service.py"), folder)
manifest = {
    "format": "openbml.framework-model/1",
    "framework": "sklearn",
    "task": "tabular_prediction",
    "contract": "framework",
    "model_file": "model.pkl",
    "code_file": "service.py",
}
(folder / "framework.json").write_text(json.dumps(manifest, indent=1))
