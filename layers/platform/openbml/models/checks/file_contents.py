"""What files are, by their first bytes and their structure."""

import json
import struct
from collections.abc import Callable, Mapping

from openbml.models.checks.protobuf_fields import Content, ProtobufError, protobuf_fields
from openbml_catalog.frameworks.file_rules import FileKind

_HEAD = 65_536
_ZIP = b"PK\3\4"
# What joblib compresses with: gzip, bzip2, xz, lzma, lz4, zlib at its levels.
_COMPRESSED = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\0",
    b"]\0\0",
    b"\x04\x22\x4d\x18",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
)
_MOST_HEADER = 100 * 1024 * 1024


def content_fault(kind: FileKind, name: str, content: Content) -> str | None:
    """Return why a file is not of the kind, None where it is."""
    if content.size == 0:
        return "is empty"
    return _CHECKS[kind](name, content)


def _any(_name: str, _content: Content) -> str | None:
    return None


def _onnx(_name: str, content: Content) -> str | None:
    """ModelProto: 1 ir_version, 7 graph, 8 opset_import."""
    return _message_fault(content, "an ONNX model", needed=(1, 7, 8))


def _saved_model(_name: str, content: Content) -> str | None:
    """SavedModel: 1 saved_model_schema_version, 2 meta_graphs."""
    return _message_fault(content, "a TensorFlow SavedModel", needed=(2,))


def _paddle_program(_name: str, content: Content) -> str | None:
    """ProgramDesc: 1 blocks."""
    return _message_fault(content, "a Paddle program", needed=(1,))


def _message_fault(content: Content, what: str, *, needed: tuple[int, ...]) -> str | None:
    try:
        found = {field.number for field in protobuf_fields(content)}
    except ProtobufError as error:
        return f"is not {what}: {error}"
    missing = [number for number in needed if number not in found]
    return f"is not {what}: a part of it is missing" if missing else None


def _paddle_pir(_name: str, content: Content) -> str | None:
    head = content.read(0, _HEAD)
    if not head.lstrip().startswith(b"{") or b'"base_code"' not in head or b'"pir"' not in head:
        return "is not a Paddle program in JSON"
    return None


def _paddle_parameters(_name: str, content: Content) -> str | None:
    """Combined parameters begin with a tensor: version 0, its levels, version 0 of its content."""
    head = content.read(0, 16)
    if len(head) < 16:
        return "is not Paddle's combined parameters: it is too short"
    version, levels = struct.unpack_from("<IQ", head)
    if version != 0 or levels > 16:
        return "is not Paddle's combined parameters"
    return None


def _torch_weights(name: str, content: Content) -> str | None:
    head = content.read(0, 16)
    if name.lower().endswith(".safetensors"):
        return _safetensors_fault(content, head)
    if head.startswith(_ZIP) or _is_pickle(head):
        return None
    return "is neither what torch.save writes nor a TorchScript"


def _safetensors_fault(content: Content, head: bytes) -> str | None:
    length = struct.unpack_from("<Q", head.ljust(8, b"\0"))[0]
    if not 2 <= length <= min(_MOST_HEADER, content.size - 8) or head[8:9] != b"{":
        return "is not a safetensors file"
    return None


def _pickled(_name: str, content: Content) -> str | None:
    head = content.read(0, 16)
    if _is_pickle(head) or head.startswith(_COMPRESSED):
        return None
    return "is neither a pickle nor a joblib file"


def _is_pickle(head: bytes) -> bool:
    """Tell a pickle of protocol 2 to 5, which all these frameworks write."""
    return len(head) > 2 and head[0] == 0x80 and 2 <= head[1] <= 5


def _boosted_trees(name: str, content: Content) -> str | None:
    head = content.read(0, _HEAD)
    if not head.lstrip().startswith(b"{") or b"learner" not in head:
        form = "UBJSON" if name.lower().endswith(".ubj") else "JSON"
        return f"is not a model that XGBoost saved as {form}"
    return None


def _document(_name: str, content: Content) -> str | None:
    if content.size > 5 * 1024 * 1024:
        return "has more than 5 MiB"
    try:
        document = json.loads(content.read(0, content.size))
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(document, dict) or document.get("format") != "openbml.model/1":
        return "is not of the format openbml.model/1"
    return None


def _mlmodel(_name: str, content: Content) -> str | None:
    return "has more than 1 MiB" if content.size > 1024 * 1024 else None


def _zip(_name: str, content: Content) -> str | None:
    return None if content.read(0, 4) == _ZIP else "is not a zip archive"


_CHECKS: Mapping[FileKind, Callable[[str, Content], str | None]] = {
    "any": _any,
    "paddle_program": _paddle_program,
    "paddle_pir": _paddle_pir,
    "paddle_parameters": _paddle_parameters,
    "saved_model": _saved_model,
    "torch_weights": _torch_weights,
    "pickled": _pickled,
    "boosted_trees": _boosted_trees,
    "onnx": _onnx,
    "openbml_manifest": _document,
    "mlmodel": _mlmodel,
    "zip": _zip,
}
