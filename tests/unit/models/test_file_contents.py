"""Files are told by their bytes, in few small reads, whatever their size and however they lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.models.checks.file_contents import content_fault
from openbml.models.checks.label_files import LabelFileError, read_labels
from openbml.models.checks.onnx_graphs import graph_signature
from openbml.models.checks.protobuf_fields import Content, ProtobufError, protobuf_fields
from openbml_catalog.frameworks.file_rules import FileKind
from tests.fakes.model_file_samples import (
    BOOSTER,
    PADDLE_PARAMETERS,
    PICKLE,
    message,
    onnx,
    paddle_program,
    saved_model,
)


def content(body: bytes) -> Content:
    return Content(len(body), lambda start, end: body[start:end])


SAMPLES: list[tuple[FileKind, str, bytes]] = [
    ("onnx", "m.onnx", onnx()),
    ("saved_model", "saved_model.pb", saved_model()),
    ("paddle_program", "m.pdmodel", paddle_program()),
    ("paddle_pir", "m.json", b'{"base_code":{"magic":"pir","version":1},"program":{}}'),
    ("paddle_parameters", "m.pdiparams", PADDLE_PARAMETERS),
    ("torch_weights", "m.pth", b"PK\3\4zip"),
    ("torch_weights", "m.pkl", PICKLE),
    ("torch_weights", "m.safetensors", (2).to_bytes(8, "little") + b"{}"),
    ("pickled", "m.pkl", PICKLE),
    ("pickled", "m.joblib", b"\x78\x9c\x01\x02"),
    ("boosted_trees", "m.json", BOOSTER),
    ("openbml_manifest", "model.json", b'{"format": "openbml.model/1"}'),
    ("zip", "m.zip", b"PK\3\4zip"),
]


@pytest.mark.parametrize(("kind", "name", "body"), SAMPLES)
def test_a_file_of_its_kind_passes(kind: FileKind, name: str, body: bytes) -> None:
    assert content_fault(kind, name, content(body)) is None


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, name, _ in SAMPLES])
@pytest.mark.parametrize("body", [b"", b"\x89PNG\r\n\x1a\n" * 4, b"\0" * 64, b"<html>" * 20])
def test_a_file_of_another_kind_does_not(kind: FileKind, name: str, body: bytes) -> None:
    begins_so = kind == "paddle_parameters" and body[:1] == b"\0"  # with versions that are zero
    assert (content_fault(kind, name, content(body)) is None) is begins_so


@given(st.binary(max_size=200), st.sampled_from([kind for kind, _, _ in SAMPLES]))
def test_no_bytes_break_a_check(body: bytes, kind: FileKind) -> None:
    content_fault(kind, "m.safetensors", content(body))
    try:
        graph_signature(content(body))
    except ProtobufError:
        return


def test_a_graph_of_any_size_is_told_in_two_reads() -> None:
    body = onnx(weights=3_000_000)
    reads: list[int] = []

    def read_range(start: int, end: int) -> bytes:
        reads.append(end - start)
        return body[start:end]

    assert content_fault("onnx", "m.onnx", Content(len(body), read_range)) is None
    assert len(reads) <= 3
    assert sum(reads) < 200_000


def test_a_length_beyond_the_file_is_told() -> None:
    with pytest.raises(ProtobufError, match="cut off"):
        list(protobuf_fields(content(b"\x3a\xff\xff\xff\xff\x0f")))
    with pytest.raises(ProtobufError):
        list(protobuf_fields(content(b"\xff" * 20)))


def test_a_graphs_inputs_and_outputs_are_told() -> None:
    found = graph_signature(content(onnx(inputs=[("image", 1, (None, 3, 8, 8)), ("n", 7, ())])))

    assert found is not None
    assert [(row.name, row.dtype, row.shape) for row in found.inputs] == [
        ("image", "float32", [-1, 3, 8, 8]),
        ("n", "int64", []),
    ]
    assert [row.name for row in found.outputs] == ["y"]
    assert graph_signature(content(message((1, 9)))) is None


def test_labels_are_read_line_by_line() -> None:
    assert read_labels("\ufeffcat\r\n狗 1\n\n".encode()) == ("cat", "狗 1")
    assert read_labels(b"") == ()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"a\n\nb", "line 2"),
        (b"a\nb\na", "line 1 and in line 3"),
        (b"\xff", "UTF-8"),
        (b"x" * 201, "line 1"),
        (b"a\x07", "line 1"),
        (b"a\n" * 60_000, "bytes"),
    ],
)
def test_labels_that_cannot_be_read_say_where(body: bytes, told: str) -> None:
    with pytest.raises(LabelFileError, match=told):
        read_labels(body)
