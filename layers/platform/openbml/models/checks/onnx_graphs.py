"""What an ONNX model takes and gives: read from its protobuf, without its weights."""

from collections.abc import Sequence
from typing import NamedTuple

from openbml.models.checks.protobuf_fields import Content, ProtobufField, protobuf_fields

_GRAPH = 7
_INPUT, _OUTPUT = 11, 12
_VALUE_BYTES = 65_536
# TensorProto.DataType
_TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "object",
    9: "bool",
    10: "float16",
    11: "float64",
}


class GraphValue(NamedTuple):
    """An input or output; `shape` has -1 where a side is free, and is None where nothing is told."""

    name: str
    dtype: str
    shape: Sequence[int] | None


class GraphSignature(NamedTuple):
    inputs: Sequence[GraphValue]
    outputs: Sequence[GraphValue]


def graph_signature(content: Content) -> GraphSignature | None:
    """Return inputs and outputs that are tensors; None where some are not. Raises ProtobufError."""
    graph = _last(content, _GRAPH)
    if graph is None:
        return None
    inside = _part(content, graph)
    values: dict[int, list[GraphValue | None]] = {_INPUT: [], _OUTPUT: []}
    for field in protobuf_fields(inside):
        if field.number in values:
            values[field.number].append(_value(inside, field))
    known = {place: [value for value in found if value is not None] for place, found in values.items()}
    if any(len(known[place]) != len(found) for place, found in values.items()):
        return None
    return GraphSignature(known[_INPUT], known[_OUTPUT])


def _part(content: Content, field: ProtobufField) -> Content:
    return Content(
        field.end - field.start,
        lambda start, end: content.read(field.start + start, field.start + end),
    )


def _last(content: Content, number: int) -> ProtobufField | None:
    found = [field for field in protobuf_fields(content) if field.number == number]
    return found[-1] if found else None


def _value(graph: Content, field: ProtobufField) -> GraphValue | None:
    """ValueInfoProto: 1 name, 2 type; TypeProto: 1 tensor_type; its Tensor: 1 elem_type, 2 shape."""
    if field.end - field.start > _VALUE_BYTES:
        return None
    value = _part(graph, field)
    name, kind = _last(value, 1), _last(value, 2)
    if name is None or kind is None:
        return None
    described = _part(value, kind)
    tensor = _last(described, 1)
    if tensor is None:
        return None
    content = _part(described, tensor)
    element, shape = _last(content, 1), _last(content, 2)
    dtype = _TYPES.get(_number(content, element)) if element else None
    if dtype is None:
        return None
    text = value.read(name.start, name.end).decode("utf-8", "replace")
    return GraphValue(text, dtype, _sides(_part(content, shape)) if shape else None)


def _sides(shape: Content) -> Sequence[int]:
    """TensorShapeProto: 1 dim; Dimension: 1 dim_value, 2 dim_param."""
    sides: list[int] = []
    for field in protobuf_fields(shape):
        if field.number == 1:
            dimension = _part(shape, field)
            known = _last(dimension, 1)
            sides.append(_number(dimension, known) if known else -1)
    return sides


def _number(content: Content, field: ProtobufField) -> int:
    value = 0
    for index, byte in enumerate(content.read(field.start, field.end)):
        value |= (byte & 0x7F) << 7 * index
    return value
