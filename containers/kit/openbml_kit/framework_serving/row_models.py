"""Models of scikit-learn and XGBoost: `features` in, `labels` out (spec 08 sections 8.5 to 8.7)."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from openbml_catalog.frameworks.manifest import FrameworkManifest
from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.bodies import read_objects
from openbml_kit.framework_serving.loading import FrameworkHandler
from openbml_kit.framework_serving.row_files import load_row_model
from openbml_kit.framework_serving.service_code import Predict, PredictWrapperCode, shaped

_FEATURES = "features"


class RowModel(Protocol):
    """A model without code of the user's.

    Attributes:
        width: how many features a row has; None where the model does not say.
        takes_texts: whether a feature may be a text.
    """

    width: int | None
    takes_texts: bool

    def predict(self, rows: Any, /, **infer_args: Any) -> Any:
        """Return the predictions of rows, shape (n, width)."""
        ...


class WrappedRows:
    """The user's wrapper, asked for one instance at a time, `features` as a row of shape 1 x n."""

    def __init__(self, code: PredictWrapperCode) -> None:
        self._code = code

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        labels = [shaped(self._code.answer(_with_a_row(one))) for one in read_objects(document)]
        return {"result": {"labels": labels}}

    def warm_up(self) -> None:
        """Only the user's code knows what it takes."""


class PlainRows:
    """The model alone: all instances of a call are predicted in one go."""

    def __init__(self, model: RowModel) -> None:
        self._model = model

    def answer(self, document: dict[str, Any]) -> dict[str, Any]:
        rows = [self._row(one, index) for index, one in enumerate(read_objects(document))]
        widths = {len(row) for row in rows}
        if len(widths) > 1:
            raise refused("invalid_argument", "the instances differ in how many features they have")
        found = np.asarray(self._model.predict(rows))
        if len(found) != len(rows):
            raise TypeError(f"the model gave {len(found)} predictions for {len(rows)} rows")
        return {"result": {"labels": [{"categories": _categories(value)} for value in found]}}

    def warm_up(self) -> None:
        if self._model.width is not None and not self._model.takes_texts:
            self._model.predict([[0.0] * self._model.width])

    def _row(self, instance: dict[str, Any], index: int) -> Sequence[Any]:
        row = _flat(instance.get(_FEATURES))
        where = f"instances[{index}].{_FEATURES}"
        if row is not None and not isinstance(row, list):
            raise refused("invalid_argument", f"{where} must be an array of numbers")
        if not row:
            raise refused("parameter_missing", where)
        if not all(self._is_feature(value) for value in row):
            raise refused("invalid_argument", f"{where} must be an array of numbers")
        if self._model.width is not None and len(row) != self._model.width:
            raise refused("invalid_argument", f"{where} has {len(row)} of {self._model.width} features")
        return [np.nan if value is None else value for value in row]

    def _is_feature(self, value: Any) -> bool:
        """`null` is a value that is not known."""
        if isinstance(value, str):
            return self._model.takes_texts
        return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def load(folder: Path, manifest: FrameworkManifest, *, cores: int) -> FrameworkHandler:
    """Return the handler.

    Raises:
        UserFault: the code or the model's file cannot be used.
        Exception: whatever the user's code raises.
    """
    if manifest.code_file is None:
        return PlainRows(load_row_model(folder, manifest))

    return WrappedRows(
        PredictWrapperCode(
            folder, manifest.code_file, load_predict=lambda: _predict_of(load_row_model(folder, manifest))
        )
    )


def _predict_of(model: RowModel) -> Predict:
    """Return what predicts for a notebook's wrapper, which leaves the model to the host."""

    def predict(data: Any, infer_args: dict[str, Any]) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # arrays have no names of features
            return model.predict(data, **infer_args)

    return predict


def _flat(features: Any) -> Any:
    """A row of shape 1 x n is the row."""
    is_nested = isinstance(features, list) and len(features) == 1 and isinstance(features[0], list)
    return features[0] if is_nested else features


def _with_a_row(instance: dict[str, Any]) -> dict[str, Any]:
    """The manual's samples hand `features` to `predict` as it comes, which wants two dimensions."""
    features = instance.get(_FEATURES)
    if isinstance(features, list) and features and not isinstance(features[0], list):
        return instance | {_FEATURES: [features]}
    return instance


def _categories(prediction: Any) -> list[Any]:
    values = np.asarray(prediction).ravel().tolist()
    return [value.decode() if isinstance(value, bytes) else value for value in values]
