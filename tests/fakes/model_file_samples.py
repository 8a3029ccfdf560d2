"""Files of frameworks' models for tests: small, and like the real ones as far as anything here looks."""

import json
import struct
from typing import Any

WRAPPER = b"""
class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None):
        super().__init__(message)
        self.error_code = error_code
        self.orig_error = orig_error


class PredictWrapper(object):
    def __init__(self, model_path, use_gpu, logger):
        self.model_path = model_path

    def preprocess(self, request_body):
        return request_body["features"], {}, {}

    def predict(self, data, infer_args):
        return data

    def postprocess(self, infer_result, request_context):
        return {"categories": infer_result}
"""
HOOKS = b"""
def model_fn(model_dir):
    return model_dir

def input_fn(request):
    return request

def output_fn(predict_result):
    return predict_result
"""
PICKLE = b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94."
BOOSTER = json.dumps({"learner": {"attributes": {}}, "version": [2, 1, 0]}).encode()
PADDLE_PARAMETERS = struct.pack("<IQI", 0, 0, 0) + b"\x02\x00\x00\x00tensor"


def message(*fields: tuple[int, bytes | int]) -> bytes:
    """Return a protobuf message of numbers and nested messages."""
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += _varint(number << 3) + _varint(value)
        else:
            out += _varint(number << 3 | 2) + _varint(len(value)) + value
    return out


def onnx(*, weights: int = 100, inputs: Any = (("x", 1, (None, 3)),)) -> bytes:
    values = [(11, _value(*row)) for row in inputs]
    graph = message((1, b"node"), (5, b"w" * weights), *values, (12, _value("y", 1, (None, 2))))
    return message((1, 9), (2, b"pytest"), (7, graph), (8, message((2, 18))))


def saved_model() -> bytes:
    return message((1, 1), (2, message((1, b"meta"))))


def paddle_program() -> bytes:
    return message((1, message((1, 0), (2, 0))), (4, message((1, 0))))


def _value(name: str, element: int, sides: tuple[int | None, ...]) -> bytes:
    shape = b"".join(
        message((1, message((2, b"n")) if side is None else message((1, side)))) for side in sides
    )
    return message((1, name.encode()), (2, message((1, message((1, element), (2, shape))))))


def _varint(value: int) -> bytes:
    out = b""
    while True:
        byte, value = value & 0x7F, value >> 7
        out += bytes([byte | (0x80 if value else 0)])
        if not value:
            return out
