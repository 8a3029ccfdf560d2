"""The user's functions around the model; decoding and encoding are the image's."""

from pathlib import Path
from typing import Any

import joblib


def model_fn(model_dir: str) -> Any:
    return joblib.load(Path(model_dir, "houses.joblib"))


def predict_fn(data: Any, model: Any) -> dict[str, Any]:
    return {"price": model.predict(data).round()}
