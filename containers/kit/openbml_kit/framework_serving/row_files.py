"""Files of scikit-learn and XGBoost: pickle, joblib, and XGBoost's own json and ubj."""

import pickle
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np

from openbml_catalog.frameworks.manifest import MANIFEST_FILE, FrameworkManifest
from openbml_kit.faults import UserFault
from openbml_kit.framework_serving.loading import inside

if TYPE_CHECKING:
    from openbml_kit.framework_serving.row_models import RowModel

_PICKLES = (".pkl", ".pickle", ".joblib")
_BOOSTERS = (".json", ".ubj", ".model", ".deprecated")


class Estimator:
    """A model with the interface of scikit-learn, which XGBoost's own classes have too."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._names: Sequence[str] | None = None
        self.width: int | None = None
        with suppress(AttributeError):  # an estimator that was never told, and classes of others
            self._names = list(model.feature_names_in_)
        with suppress(AttributeError):
            self.width = int(model.n_features_in_)
        self.takes_texts = self._names is not None

    def predict(self, rows: Any, /, **infer_args: Any) -> Any:
        return self._model.predict(self._table(rows), **infer_args)

    def _table(self, rows: Any) -> Any:
        """A model that was trained on named columns picks them by name."""
        if self._names is None:
            return np.asarray(rows)
        import pandas

        frame = pandas.DataFrame(rows, columns=self._names)
        return frame.infer_objects()


class Booster:
    """XGBoost's own interface: predictions are the objective's, e.g. probabilities."""

    takes_texts = False

    def __init__(self, booster: Any) -> None:
        self._booster = booster
        self.width: int | None = int(booster.num_features())

    def predict(self, rows: Any, /, **infer_args: Any) -> Any:
        import xgboost

        if not isinstance(rows, xgboost.DMatrix):
            types = self._booster.feature_types
            rows = xgboost.DMatrix(
                np.asarray(rows, dtype=np.float32),
                feature_names=self._booster.feature_names,
                feature_types=types,
                enable_categorical=types is not None,
            )
        return self._booster.predict(rows, **infer_args)


def load_row_model(folder: Path, manifest: FrameworkManifest) -> "RowModel":
    """Return the model of a folder.

    Raises:
        UserFault: there is no such file, or more than one, or it cannot be read.
    """
    path = _model_file(folder, manifest)
    if path.suffix in _BOOSTERS:
        return _from_booster_file(path)
    model = _unpickled(path)
    if type(model).__name__ == "Booster":
        return Booster(model)
    if not callable(getattr(model, "predict", None)):
        raise UserFault(f"{path.name} holds a {type(model).__name__}, which has no method predict")
    return Estimator(model)


def _model_file(folder: Path, manifest: FrameworkManifest) -> Path:
    named = inside(folder, manifest.model_file)
    if named.is_file():
        return named
    endings = _PICKLES + (_BOOSTERS if manifest.framework == "xgboost" else ())
    passed_over = {MANIFEST_FILE, "preprocess_args.json", "postprocess_args.json"}
    found = [
        path for path in sorted(named.iterdir()) if path.suffix in endings and path.name not in passed_over
    ]
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise UserFault(f"one file of {', '.join(endings)} must be the model; found: {names}")
    return found[0]


def _unpickled(path: Path) -> Any:
    """Either way of writing is tried, as the manual's sample does."""
    readers: Sequence[Callable[[Path], Any]] = (_unpickle, joblib.load)
    reasons = []
    for read in readers:
        try:
            return read(path)
        except Exception as error:  # noqa: BLE001 - a pickle runs code of any kind; all of it is told
            reasons.append(f"{type(error).__name__}: {error}")
    raise UserFault(f"{path.name} cannot be read: {' / '.join(dict.fromkeys(reasons))}")


def _unpickle(path: Path) -> Any:
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - the user's own model, in the user's own container


def _from_booster_file(path: Path) -> "RowModel":
    """A file that an `XGBClassifier` or its like wrote says so: it predicts classes then."""
    import xgboost

    booster = xgboost.Booster()
    try:
        booster.load_model(path)
        kind = _estimator_kind(booster)
        if kind is None:
            return Booster(booster)
        model = getattr(xgboost, kind)()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            model.load_model(path)
    except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
        raise UserFault(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error
    return Estimator(model)


def _estimator_kind(booster: Any) -> str | None:
    import json

    text = booster.attr("scikit_learn")
    if text is None:
        return None
    return {"classifier": "XGBClassifier", "regressor": "XGBRegressor", "ranker": "XGBRanker"}.get(
        json.loads(text).get("_estimator_type", "")
    )
