"""Tiny models of the frameworks, made in the images' own environments, and service code as users write it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.contract.containers.environments import ROOT, run_python

# The two samples of the manual's contract (spec 03 section 8), with all that it says of them.
SKLEARN_CODE = """
import pickle
import numpy as np

class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None):
        super(CustomException, self).__init__(message)
        self.error_code = error_code
        self.orig_error = orig_error

class PredictWrapper(object):
    def __init__(self, model_path, use_gpu, logger):
        self.logger = logger
        with open(model_path + "/model.pkl", "rb") as file:
            self.model = pickle.load(file)
        logger.info("loaded, gpu %s", use_gpu)

    def preprocess(self, request_body):
        try:
            data = np.array(request_body["features"])
        except KeyError as e:
            raise CustomException(336006, "Failed decoding input", e)
        except Exception as e:
            raise CustomException(336005, "Failed decoding input", e)
        if data.dtype.kind not in "iuf":
            raise CustomException(336005, "Failed decoding input")
        return data, {}, {}

    def predict(self, data, infer_args):
        return self.model.predict(data, **infer_args)

    def postprocess(self, infer_result, request_context):
        if isinstance(infer_result, np.ndarray):
            infer_result = infer_result.tolist()
        return {"categories": infer_result}
"""
XGBOOST_CODE = (
    SKLEARN_CODE.replace(
        """        with open(model_path + "/model.pkl", "rb") as file:
            self.model = pickle.load(file)
""",
        """        try:
            with open(model_path + "/model.pkl", "rb") as file:
                self.model = pickle.load(file)
        except Exception:
            import joblib
            self.model = joblib.load(model_path + "/model.pkl")
""",
    )
    .replace(
        """        return data, {}, {}
""",
        """        if self.model.__class__.__name__ == "Booster":
            import xgboost
            data = xgboost.DMatrix(data)
        return data, {}, {}
""",
    )
    .replace('336006, "Failed decoding input"', '336006, "Missing required parameter"')
)
# The notebooks' signatures (spec 04 section 7.4): the host predicts, and hands the arguments files over.
NOTEBOOK_CODE = """
import numpy as np

class CustomException(RuntimeError):
    def __init__(self, message, orig_error=None):
        super().__init__(message)

class PredictWrapper:
    def __init__(self, model_path):
        self.labels = ["low", "high"]

    def preprocess(self, request_body, scale=1.0, **more):
        if "features" not in request_body:
            raise CustomException("features, please")
        return np.array(request_body["features"]) * scale, {}, {"top": request_body.get("top", 1)}

    def postprocess(self, infer_result, request_context, names="labels"):
        if request_context["top"] == 0:
            return float(infer_result[0])
        return [getattr(self, names)[int(infer_result[0])]]
"""

ROWS = """
import pickle, sys
from pathlib import Path
import joblib, numpy as np, pandas
from sklearn.linear_model import LinearRegression, LogisticRegression

base = Path(sys.argv[1])
rows = np.array([[0., 0., 0., 0.], [1., 1., 1., 1.], [2., 2., 2., 2.], [3., 3., 3., 3.]])
classes = np.array([0, 0, 1, 1])
classifier = LogisticRegression(C=1e6).fit(rows, classes)
with (base / "classifier.pkl").open("wb") as file:
    pickle.dump(classifier, file)
joblib.dump(LinearRegression().fit(rows, rows.sum(axis=1)), base / "regressor.joblib")
frame = pandas.DataFrame(rows[:, :2], columns=["age", "income"])
joblib.dump(LogisticRegression(C=1e6).fit(frame, np.array(["no", "no", "yes", "yes"])), base / "named.joblib")
"""
BOOSTED = """
import pickle, sys
from pathlib import Path
import joblib, numpy as np, xgboost

base = Path(sys.argv[1])
rows = np.arange(80, dtype=float).reshape(20, 4)
classes = (np.arange(20) >= 10).astype(int)
classifier = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(rows, classes)
joblib.dump(classifier, base / "classifier.joblib")
classifier.save_model(base / "classifier.json")
booster = xgboost.train({"max_depth": 2}, xgboost.DMatrix(rows, classes * 10.0), 20)
with (base / "booster.pkl").open("wb") as file:
    pickle.dump(booster, file)
booster.save_model(base / "booster.json")
booster.save_model(base / "booster.ubj")
"""


def manifest(framework: str, **more: Any) -> dict[str, Any]:
    given = {"framework": framework, "task": "general", "contract": "framework"}
    return {"format": "openbml.framework-model/1"} | given | more


def put_model(base: Path, document: dict[str, Any], files: Mapping[str, bytes | str]) -> Path:
    """Write a model's folder below `base`."""
    folder = base / "model"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "framework.json").write_text(json.dumps(document))
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return base


def made_models(image: str, script: str, folder: Path) -> dict[str, bytes]:
    """Run a script in an image's environment and return the files that it wrote, by name."""
    program = folder.with_name(f"{folder.name}.py")  # a file: Paddle reads the source of what it exports
    program.write_text(script)
    run_python(image, "import runpy, sys; runpy.run_path(sys.argv.pop(1))", program, folder, base=folder)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def need_environment(image: str) -> None:
    """Skip where an image's environment is not built: gigabytes are not fetched for a test by itself."""
    lock = Lock(image, ROOT / "containers" / image / "requirements.txt")
    told = f"OPENBML_{image.upper().replace('-', '_')}_PYTHON"
    if not os.environ.get(told) and not LockedEnvironments(ROOT / ".envs").is_built(lock):
        pytest.skip(f"environment {image} is not built: sagemaker-local build-env {image}, or set {told}")
