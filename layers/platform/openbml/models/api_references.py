"""How a service of a model version is called, with the version's own names (spec 08 section 7)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import OpenBMLError
from openbml.models.served_tables import ServedTable, TableFeature
from openbml.models.task_examples import Example, task_example
from openbml.models.versions import ModelVersion, VersionState
from openbml_catalog.prediction_apis import ApiError, ApiField, prediction_apis

_SHOWN_LABELS = 3
_LOG_ID = 2471272194


class ApiReferenceMissingError(OpenBMLError):
    """The version has no API that could be told; details: model_id, version_number, reason."""


class ApiReference(BaseModel):
    """Attributes:
    path: `{suffix}` is chosen when the version is deployed.
    features: what each row of `data` has; empty of other tasks than tabular prediction.
    """

    model_config = ConfigDict(frozen=True)

    method: str
    path: str
    query: Sequence[ApiField]
    content_type: str
    request: Sequence[ApiField]
    features: Sequence[TableFeature]
    response: Sequence[ApiField]
    errors: Sequence[ApiError]
    example_request: Mapping[str, Any]
    example_response: Mapping[str, Any]


def api_reference(version: ModelVersion) -> ApiReference:
    """Return how the version is called once it is deployed. Raises ApiReferenceMissingError."""
    if version.contract == "framework":
        raise _missing(version, "its service answers in its framework's own format")
    api = prediction_apis().get(version.task_type)
    if api is None:
        raise _missing(version, f"services of the task {version.task_type} have none yet")
    if version.state is not VersionState.READY:
        raise _missing(version, f"it is {version.state}: look again when it is ready")
    table = version.table
    asked, answered = _table_example(table, version) if table else task_example(version)
    return ApiReference(
        method="POST",
        path=api.path,
        query=[_ACCESS_TOKEN],
        content_type="application/json",
        request=api.request,
        features=table.columns if table else (),
        response=_answered(api.response, table),
        errors=api.errors,
        example_request=asked,
        example_response={"log_id": _LOG_ID, **answered},
    )


_ACCESS_TOKEN = ApiField(
    name="access_token",
    type="string",
    required=True,
    text_en="Of an application that may call the service: POST /oauth/2.0/token gives one for its keys.",
    text_zh="有权调用该服务的应用的access_token，通过POST /oauth/2.0/token获取。",
)
# Members that only some tables' answers have.
_OF_CLASSES = frozenset({"batch_results[].label", "batch_results[].scores"})
_OF_VALUES = frozenset({"batch_results[].value"})
_OF_QUANTILES = frozenset({"batch_results[].quantiles"})


def _answered(fields: Sequence[ApiField], table: ServedTable | None) -> Sequence[ApiField]:
    if table is None:
        return fields
    others = _OF_CLASSES if table.kind == "regression" else _OF_VALUES
    foreign = others if table.quantiles else others | _OF_QUANTILES
    return [row for row in fields if row.name not in foreign]


def _table_example(table: ServedTable, version: ModelVersion) -> Example:
    row = {column.name: column.example for column in table.columns}
    return {"data": [row], "include_req": False}, {"batch_results": [_prediction(table, version.labels)]}


def _prediction(table: ServedTable, labels: Sequence[str]) -> Mapping[str, Any]:
    if table.kind != "regression":
        return {"label": labels[0], "scores": _example_scores(labels)}
    quantiles = {f"{share:g}": round(100 * share, 6) for share in table.quantiles}
    return {"value": 50.0, **({"quantiles": quantiles} if quantiles else {})}


def _example_scores(labels: Sequence[str]) -> Mapping[str, float]:
    """Return made-up probabilities, the first label's the highest."""
    shown = labels[:_SHOWN_LABELS]
    rest = round(0.2 / max(1, len(shown) - 1), 4)
    return {label: 0.8 if place == 0 else rest for place, label in enumerate(shown)}


def _missing(version: ModelVersion, reason: str) -> ApiReferenceMissingError:
    return ApiReferenceMissingError(
        model_id=version.model_id, version_number=version.version_number, reason=reason
    )
