"""Tensors of the Paddle contract as JSON, read and written (spec 08 section 8.2). Needs no Paddle."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.framework_serving.answers import GarbageError, refused

Lod = list[list[int]]

_TYPES = {"FLOAT": np.float32, "INT64": np.int64, "INT32": np.int32}
_FIELDS = {"FLOAT": "float_data", "INT64": "int64_data", "INT32": "int32_data"}
# What an output of another type is written as: nothing is lost but a double's last digits.
_WRITTEN = {
    "float64": "FLOAT",
    "float32": "FLOAT",
    "float16": "FLOAT",
    "int64": "INT64",
    "uint32": "INT64",
} | dict.fromkeys(("int32", "int16", "int8", "uint16", "uint8", "bool"), "INT32")
_MOST_DIMENSIONS = 9  # Paddle's own limit


@dataclass(frozen=True)
class Tensor:
    """`lod` holds offsets, one list a level; it is empty for a tensor without."""

    name: str
    array: npt.NDArray[Any]
    lod: Lod


def read_tensors(instance: Mapping[str, Any], names: Sequence[str], *, where: str) -> list[Tensor]:
    """Return an instance's tensors: each of the model's inputs, once.

    Raises:
        RefusedError: a field is missing or of the wrong type, shape and data disagree, or the names are
            not those of the model.
    """
    entries = instance.get("tensors")
    if entries is not None and not isinstance(entries, list):
        raise refused("invalid_argument", f"{where}.tensors must be an array")
    if not entries:
        raise refused("parameter_missing", f"{where}.tensors")
    entries = _with_the_instances_lod(instance, entries, where)
    tensors = [_tensor(entry, f"{where}.tensors[{index}]") for index, entry in enumerate(entries)]
    given = [tensor.name for tensor in tensors]
    if len(set(given)) < len(given):
        raise refused("invalid_argument", f"{where} has a tensor twice")
    if unknown := sorted(set(given) - set(names)):
        raise refused("invalid_argument", f"the model has no input {unknown[0]}; it has {', '.join(names)}")
    if missing := sorted(set(names) - set(given)):
        raise refused("parameter_missing", f"{where} lacks the tensor {missing[0]}")
    return tensors


def written_tensors(tensors: Sequence[Tensor]) -> dict[str, Any]:
    """Return outputs as one of `predictions`. The LoD stands beside them, as the manual prints it: that of
    the first output that has one.

    Raises:
        GarbageError: an output's type has no form.
    """
    document: dict[str, Any] = {"tensors": [_written(tensor) for tensor in tensors]}
    lods = [tensor.lod for tensor in tensors if tensor.lod]
    if lods:
        document["lod_vector"] = [{"lod": level} for level in lods[0]]
    return document


def _with_the_instances_lod(instance: Mapping[str, Any], entries: Sequence[Any], where: str) -> Sequence[Any]:
    """The manual prints an answer's LoD beside `tensors`: that of an only tensor may stand there, too."""
    levels = instance.get("lod_vector")
    if not levels:
        return entries
    if len(entries) != 1 or not isinstance(entries[0], dict) or entries[0].get("lod_vector"):
        raise refused("invalid_argument", f"{where}.lod_vector must stand in the tensor that it is of")
    return [entries[0] | {"lod_vector": levels}]


def _written(tensor: Tensor) -> dict[str, Any]:
    kind = _WRITTEN.get(tensor.array.dtype.name)
    if kind is None:
        raise GarbageError(f"the output {tensor.name} is of type {tensor.array.dtype.name}")
    data = tensor.array.astype(_TYPES[kind], copy=False).ravel().tolist()
    return {"name": tensor.name, "shape": list(tensor.array.shape), "type": kind, _FIELDS[kind]: data}


def _tensor(entry: Any, where: str) -> Tensor:
    if not isinstance(entry, dict):
        raise refused("invalid_argument", f"{where} must be an object")
    name, kind = _text(entry, "name", where), _text(entry, "type", where)
    if kind not in _TYPES:
        raise refused("invalid_argument", f"{where}.type must be {', '.join(_TYPES)}")
    shape = _shape(entry, where)
    array = _data(entry, kind, where)
    if math.prod(shape) != array.size:
        raise refused("invalid_argument", f"{where} has {array.size} values for shape {shape}")
    return Tensor(name, array.reshape(shape), _lod(entry, shape, where))


def _text(entry: Mapping[str, Any], field: str, where: str) -> str:
    value = entry.get(field)
    if value is not None and not isinstance(value, str):
        raise refused("invalid_argument", f"{where}.{field} must be a text")
    if not value:
        raise refused("parameter_missing", f"{where}.{field}")
    return value


def _shape(entry: Mapping[str, Any], where: str) -> list[int]:
    shape = entry.get("shape")
    if shape is None:
        raise refused("parameter_missing", f"{where}.shape")
    if not _are_whole(shape) or len(shape) > _MOST_DIMENSIONS or any(side < 0 for side in shape):
        raise refused("invalid_argument", f"{where}.shape must be an array of whole numbers")
    return list(shape)


def _data(entry: Mapping[str, Any], kind: str, where: str) -> npt.NDArray[Any]:
    field = _FIELDS[kind]
    given = [name for name in _FIELDS.values() if entry.get(name) is not None]
    if given != [field]:
        detail = f"{where} is {kind} and must have {field} and no other data"
        raise refused("invalid_argument" if given else "parameter_missing", detail)
    values = entry[field]
    fits = _are_whole(values) if kind != "FLOAT" else _are_numbers(values)
    if not fits:
        raise refused("invalid_argument", f"{where}.{field} must be an array of numbers of the type")
    array = _floats(values) if kind == "FLOAT" else _integers(values, _TYPES[kind])
    if array is None:
        raise refused("invalid_argument", f"{where}.{field} has a number out of the type's range")
    return array


def _floats(values: Sequence[float]) -> npt.NDArray[Any] | None:
    try:
        with np.errstate(over="ignore"):
            array = np.array(values, dtype=np.float64).astype(np.float32)
    except OverflowError:
        return None
    return array if np.isfinite(array).all() else None


def _integers(values: Sequence[int], dtype: Any) -> npt.NDArray[Any] | None:
    limits = np.iinfo(dtype)
    is_in_range = all(limits.min <= value <= limits.max for value in values)
    return np.array(values, dtype=dtype) if is_in_range else None


def _lod(entry: Mapping[str, Any], shape: Sequence[int], where: str) -> Lod:
    """Levels of offsets: each starts at 0 and rises, the last ends at the number of rows, another at the
    number of sequences of the level below it."""
    levels = entry.get("lod_vector")
    if levels is None or levels == []:
        return []
    if not isinstance(levels, list):
        raise refused("invalid_argument", f"{where}.lod_vector must be an array")
    offsets: Lod = []
    for level in levels:
        lod = level.get("lod") if isinstance(level, dict) else None
        if not _are_whole(lod) or len(lod) < 2 or lod[0] != 0 or sorted(lod) != lod:
            raise refused("invalid_argument", f"{where}.lod_vector must hold rising offsets from 0")
        offsets.append(list(lod))
    ends = [len(below) - 1 for below in offsets[1:]] + [shape[0] if shape else 1]
    if [level[-1] for level in offsets] != ends:
        raise refused("invalid_argument", f"{where}.lod_vector does not cover the tensor's rows")
    return offsets


def _are_whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int for value in values)


def _are_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) in (int, float) for value in values)
