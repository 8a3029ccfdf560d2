"""Use case: versions of a model side by side."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.models.models import ModelRepository
from openbml.models.versions import ModelVersion

MOST_COMPARED = 10

Group = Literal["about", "metric", "proof", "size", "latency", "data", "hyper_parameter"]
Value = str | int | float | None


class ComparedRow(BaseModel):
    """One line of the comparison; `values` has one for each version, null where a version has none."""

    model_config = ConfigDict(frozen=True)

    group: Group
    name: str
    values: Sequence[Value]
    differs: bool


class VersionComparison(BaseModel):
    """`versions` are the columns, in the order that was asked for."""

    model_config = ConfigDict(frozen=True)

    versions: Sequence[int]
    rows: Sequence[ComparedRow]


def compare_versions(
    scope: ProjectScope, model_id: int, versions: str, *, models: ModelRepository
) -> VersionComparison:
    """Compare versions, given as `1,2,3`.

    Raises:
        InvalidRequestError: not numbers, or not 2 to 10 of them.
        ModelNotFoundError, VersionNotFoundError
    """
    numbers = _numbers(versions)
    models.get(scope, model_id)
    compared = [models.version(scope, model_id, number) for number in numbers]
    rows = [
        _row(group, name, [values.get(name) for values in columns])
        for group, told in _GROUPS.items()
        for columns in [[told(version) for version in compared]]
        for name in dict.fromkeys(name for values in columns for name in values)
    ]
    return VersionComparison(versions=numbers, rows=rows)


def _numbers(text: str) -> Sequence[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdecimal() and 0 < len(part) <= 8 for part in parts):
        raise InvalidRequestError(field="versions", reason="must be numbers with commas between: 1,2,3")
    numbers = list(dict.fromkeys(int(part) for part in parts))
    if not 2 <= len(numbers) <= MOST_COMPARED:
        raise InvalidRequestError(field="versions", reason=f"must be 2 to {MOST_COMPARED} different ones")
    return numbers


def _row(group: Group, name: str, values: Sequence[Value]) -> ComparedRow:
    return ComparedRow(group=group, name=name, values=values, differs=len(set(values)) > 1)


def _about(version: ModelVersion) -> Mapping[str, Value]:
    return {
        "state": version.state.value,
        "framework": version.framework or "openbml",
        "network": version.network or None,
        "recommended_threshold": version.recommended_threshold,
        "labels": len(version.labels),
        "created_at": version.created_at.isoformat(),
    }


def _proof(version: ModelVersion) -> Mapping[str, Value]:
    if version.onnx is None:
        return {}
    document = version.onnx.model_dump(exclude={"row_ms", "rows_per_second"}, exclude_none=True)
    return {name: value for name, value in document.items() if name != "sha256"}


def _sizes(version: ModelVersion) -> Mapping[str, Value]:
    files = {f"{row.precision}_bytes": row.size_bytes for row in version.variants}
    return {"size_bytes": version.size_bytes, **files}


def _latency(version: ModelVersion) -> Mapping[str, Value]:
    pictures = {f"{row.precision}_ms": row.latency_ms for row in version.variants if row.latency_ms}
    if version.onnx is None or version.onnx.row_ms is None:
        return pictures
    return {**pictures, "row_ms": version.onnx.row_ms, "rows_per_second": version.onnx.rows_per_second}


def _data(version: ModelVersion) -> Mapping[str, Value]:
    rows = sorted(version.lineage.dataset_versions, key=lambda row: (row.dataset_id, row.version_number))
    names = ", ".join(f"{row.dataset_id} V{row.version_number}" for row in rows)
    return {"dataset_versions": names or None, "snapshot_id": version.lineage.snapshot_id}


_GROUPS: Mapping[Group, Callable[[ModelVersion], Mapping[str, Value]]] = {
    "about": _about,
    "metric": lambda version: dict(version.metrics),
    "proof": _proof,
    "size": _sizes,
    "latency": _latency,
    "data": _data,
    "hyper_parameter": lambda version: dict(version.lineage.hyper_parameters),
}
