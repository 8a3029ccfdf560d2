"""Values of the row format of TensorFlow Serving, read for an input and written from outputs."""

import base64
import binascii
from typing import Any

import numpy as np
import numpy.typing as npt

from openbml_kit.framework_serving.answers import refused
from openbml_kit.framework_serving.tensorflow_signatures import InputSpec

_BYTES = "b64"


def read_value(value: Any, spec: InputSpec, where: str) -> npt.NDArray[Any]:
    """Return a value as an array of the input's type.

    Raises:
        RefusedError: it has another type, is ragged, or a number is out of the type's range.
    """
    if spec.is_text:
        texts = np.array(_texts(value, where), dtype=object)
        if any(isinstance(item, list) for item in texts.ravel()):
            raise refused("invalid_argument", f"{where} is ragged")
        return texts
    try:
        array = np.array(value)
    except (ValueError, OverflowError):
        raise refused("invalid_argument", f"{where} is ragged") from None
    dtype = np.dtype(spec.dtype.as_numpy_dtype)
    if array.size == 0:
        return array.astype(dtype)
    kinds = {"f": "iuf", "c": "iuf", "b": "b", "i": "iu", "u": "iu"}.get(dtype.kind, "iuf")
    if array.dtype.kind not in kinds:
        raise refused("invalid_argument", f"{where} must hold {dtype.name}")
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        if int(array.min()) < limits.min or int(array.max()) > limits.max:
            raise refused("invalid_argument", f"{where} has a number out of the range of {dtype.name}")
    with np.errstate(over="ignore"):
        found = array.astype(dtype)
    if dtype.kind == "f" and not np.isfinite(found).all():
        raise refused("invalid_argument", f"{where} has a number out of the range of {dtype.name}")
    return found


def written_value(array: Any) -> Any:
    """Return an output as JSON has it; bytes that are no text become `{"b64": …}`."""
    value = np.asarray(array).tolist()
    return _written(value)


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [_written(item) for item in value] if value and isinstance(value[0], list | bytes) else value
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {_BYTES: base64.b64encode(value).decode("ascii")}


def _texts(value: Any, where: str) -> Any:
    if isinstance(value, list):
        return [_texts(item, where) for item in value]
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and set(value) == {_BYTES} and isinstance(value[_BYTES], str):
        try:
            return base64.b64decode(value[_BYTES], validate=True)
        except (binascii.Error, ValueError):
            raise refused("base64_invalid", where) from None
    raise refused("invalid_argument", f"{where} must hold texts")
