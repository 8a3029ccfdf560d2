"""Default decoders and encoders: JSON, JSON Lines, CSV, NPY and text.

With numpy in the image, numbers arrive as arrays, as in the frameworks' own containers; without it as lists.
"""

import csv
import io
import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
NPY = "application/x-npy"
TEXT = "text/plain"


class UnsupportedTypeError(Exception):
    """There is no default decoder or encoder for a content type; the user's function must do it."""


class UndecodableError(Exception):
    """The body is not what its content type says."""


def media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def decode(body: bytes, content_type: str) -> Any:
    """Return the body's value.

    Raises:
        UnsupportedTypeError: no decoder for the type.
        UndecodableError: the body is malformed.
    """
    decoder = _DECODERS.get(media_type(content_type))
    if decoder is None:
        raise UnsupportedTypeError(
            f"content type {content_type or '(none)'} needs an input_fn; known: {_names()}"
        )
    try:
        return decoder(body)
    except (ValueError, EOFError) as error:
        raise UndecodableError(f"the body is no {media_type(content_type)}: {error}") from error


def encode(value: Any, accept: str) -> bytes:
    """Return a prediction as a body.

    Raises:
        UnsupportedTypeError: no encoder for the type, or the value has no such form.
    """
    encoder = _ENCODERS.get(media_type(accept))
    if encoder is None:
        raise UnsupportedTypeError(f"accept {accept} needs an output_fn; known: {_names()}")
    try:
        return encoder(value)
    except (TypeError, ValueError) as error:
        raise UnsupportedTypeError(
            f"the prediction cannot be written as {media_type(accept)}: {error}"
        ) from error


def _names() -> str:
    return ", ".join(_DECODERS)


def _numpy() -> ModuleType | None:
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def _array(value: Any) -> Any:
    """Rows of numbers become an array; what an array would not give back as it was stays a list."""
    numpy = _numpy()
    if numpy is None or not isinstance(value, list):
        return value
    try:
        array = numpy.array(value)
    except (ValueError, OverflowError):
        return value
    return array if array.dtype.kind in "biuf" and array.tolist() == value else value


def _from_json(body: bytes) -> Any:
    return _array(json.loads(body.decode("utf-8")))


def _from_json_lines(body: bytes) -> Any:
    return _array([json.loads(line) for line in body.decode("utf-8").splitlines() if line.strip()])


def _from_csv(body: bytes) -> Any:
    rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8"))) if row]
    try:
        numbers = [[float(cell) for cell in row] for row in rows]
    except ValueError:
        return rows
    numpy = _numpy()
    is_table = len({len(row) for row in numbers}) == 1
    return numpy.array(numbers) if numpy is not None and is_table else numbers


def _from_npy(body: bytes) -> Any:
    numpy = _numpy()
    if numpy is None:
        raise UnsupportedTypeError(f"{NPY} needs numpy in the image")
    return numpy.load(io.BytesIO(body), allow_pickle=False)


def _from_text(body: bytes) -> Any:
    return body.decode("utf-8")


def plain(value: Any) -> Any:
    """Return arrays, scalars and frames of the numerical libraries as what JSON knows."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    for method in ("tolist", "to_list"):
        if hasattr(value, method):
            return plain(getattr(value, method)())
    if hasattr(value, "to_dict"):
        return plain(value.to_dict(orient="records"))
    return value


def _to_json(value: Any) -> bytes:
    return json.dumps(plain(value), ensure_ascii=False).encode()


def _to_json_lines(value: Any) -> bytes:
    found = plain(value)
    rows = found if isinstance(found, list) else [found]
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def _to_csv(value: Any) -> bytes:
    found = plain(value)
    rows = found if isinstance(found, list) else [found]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        cells = list(row.values()) if isinstance(row, dict) else row if isinstance(row, list) else [row]
        writer.writerow(cells)
    return text.getvalue().encode()


def _to_npy(value: Any) -> bytes:
    numpy = _numpy()
    if numpy is None:
        raise UnsupportedTypeError(f"{NPY} needs numpy in the image")
    buffer = io.BytesIO()
    numpy.save(buffer, numpy.asarray(value), allow_pickle=False)
    return buffer.getvalue()


def _to_text(value: Any) -> bytes:
    return str(plain(value)).encode()


_DECODERS: Mapping[str, Callable[[bytes], Any]] = {
    JSON: _from_json,
    JSON_LINES: _from_json_lines,
    CSV: _from_csv,
    NPY: _from_npy,
    TEXT: _from_text,
}
_ENCODERS: Mapping[str, Callable[[Any], bytes]] = {
    JSON: _to_json,
    JSON_LINES: _to_json_lines,
    CSV: _to_csv,
    NPY: _to_npy,
    TEXT: _to_text,
}
