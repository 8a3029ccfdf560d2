"""Error tables: of the control API (class name -> status, code, message), the prediction and the data API."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml_catalog.documents import load_document, load_folder


class ControlError(BaseModel):
    """How one domain error class is answered on `/v1`."""

    model_config = ConfigDict(frozen=True)

    status: int
    code: str
    message: str

    def text(self, details: Mapping[str, Any]) -> str:
        """Return the message with the details filled in; a missing detail shows as its name."""
        return self.message.format_map(_Shown(details))


class Retry(StrEnum):
    """What a client does about an error of the prediction API (spec 08, end of section 4.5)."""

    TOKEN = "token"  # noqa: S105 - no secret
    BACK_OFF = "back_off"
    WAIT = "wait"
    NEVER = "never"


class PredictionError(BaseModel):
    """One row of the prediction API's error tables (spec 08 sections 4.4 and 4.5)."""

    model_config = ConfigDict(frozen=True)

    code: int
    message: str
    retry: Retry


class DataApiError(BaseModel):
    """One row of an error table that names parameters (spec 02 section 8.18, spec 08 section 11.4)."""

    model_config = ConfigDict(frozen=True)

    code: int
    message: str

    def text(self, field: str) -> str:
        return self.message.replace("{field}", field)


class DataApiClass(BaseModel):
    """Which row a domain error is, and the parameter it is about where the error does not say it."""

    model_config = ConfigDict(frozen=True)

    error: str
    field: str | None = None


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


@cache
def control_errors() -> Mapping[str, ControlError]:
    """Return every row of `errors/control/*.yaml` by error class name."""
    rows: dict[str, ControlError] = {}
    for document in load_folder("errors", "control"):
        for name, row in document.items():
            if name in rows:
                raise ValueError(f"error class {name} stands in two control tables")
            rows[name] = ControlError.model_validate(row)
    return rows


def control_error(name: str) -> ControlError:
    """Return the row of a domain error class; for an unlisted class, the row of an internal error."""
    rows = control_errors()
    return rows.get(name, rows["InternalError"])


@cache
def prediction_errors() -> Mapping[str, PredictionError]:
    """Return the prediction errors by their names in `errors/prediction.yaml`."""
    document = load_document("errors", "prediction.yaml")
    return {name: PredictionError.model_validate(row) for name, row in document["errors"].items()}


def prediction_error(name: str) -> PredictionError:
    return prediction_errors()[name]


@cache
def data_api_errors() -> Mapping[str, DataApiError]:
    """Return the data API's errors by their names in `errors/data_api.yaml`."""
    document = load_document("errors", "data_api.yaml")
    return {name: DataApiError.model_validate(row) for name, row in document["errors"].items()}


@cache
def data_api_classes() -> Mapping[str, DataApiClass]:
    """Return what domain errors are in the data API, by class name."""
    document = load_document("errors", "data_api.yaml")
    return {name: DataApiClass.model_validate(row) for name, row in document["classes"].items()}


@cache
def batch_api_errors() -> Mapping[str, DataApiError]:
    """Return the errors of the API of batch predictions by their names in `errors/batch_api.yaml`."""
    document = load_document("errors", "batch_api.yaml")
    return {name: DataApiError.model_validate(row) for name, row in document["errors"].items()}


@cache
def batch_api_classes() -> Mapping[str, DataApiClass]:
    """Return what domain errors are in the API of batch predictions, by class name."""
    document = load_document("errors", "batch_api.yaml")
    return {name: DataApiClass.model_validate(row) for name, row in document["classes"].items()}
