"""Makes small models of texts, sounds and text in pictures, run by the deep image's interpreter.

`python tiny_media_models.py FOLDER` writes all of them. Each answers from what it gets, so that the right
answer is known: a letter's class is its letter, a loud sound is `loud`, dark places are lines of text.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from openbml_kit.files import sha256_of, write_json
from openbml_kit.media_models.ocr_manifest import LineReading, OcrManifest
from openbml_kit.media_models.served_manifest import ServedManifest
from openbml_kit.media_models.sound_manifest import SoundManifest
from openbml_kit.media_models.text_manifest import TextManifest
from openbml_kit.model_manifest import OnnxProof

LETTERS = "abcdefghij"
SPECIAL = ["[UNK]", "[CLS]", "[SEP]"]
VOCABULARY = [*SPECIAL, *LETTERS]
TAGS = ["O", "B-X", "I-X"]
RATE = 16_000
OTHER_SOUNDS = ["bark", "bell", "glass", "rain", "siren", "speech"]
MAX_TOKENS = 64


class Graph:
    """An ONNX graph under construction; every method returns the name of a result."""

    def __init__(self, inputs: Mapping[str, tuple[int, Sequence[str | int]]]) -> None:
        self._inputs = [helper.make_tensor_value_info(name, *kind) for name, kind in inputs.items()]
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def constant(self, value: object, kind: type = np.float32) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(value, dtype=kind), name))
        return name

    def add(self, operator: str, *inputs: str, name: str | None = None, **attributes: object) -> str:
        output = name or f"{operator}{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def save(self, path: Path, output: str) -> None:
        result = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
        graph = helper.make_graph(self._nodes, "tiny", self._inputs, [result], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, str(path))


def token_graph(*names: str) -> Graph:
    return Graph({name: (TensorProto.INT64, ["n", "t"]) for name in names})


def write_classifier(folder: Path) -> None:
    """The score of a letter is its share of the text's tokens."""
    graph = token_graph("input_ids", "attention_mask")
    table = np.eye(len(VOCABULARY))[:, len(SPECIAL) :]
    letters = graph.add("Gather", graph.constant(table), "input_ids", axis=0)
    graph.add("ReduceMean", letters, axes=[1], keepdims=0, name="scores")
    graph.save(folder / "model.onnx", "scores")


def write_matcher(folder: Path) -> None:
    """1 for texts of the same letters, less by the distance of their sums; the second one is of type 1."""
    graph = token_graph("input_ids", "token_type_ids")
    ids = graph.add("Cast", "input_ids", to=TensorProto.FLOAT)
    kinds = graph.add("Cast", "token_type_ids", to=TensorProto.FLOAT)
    sign = graph.add("Sub", graph.constant(1.0), graph.add("Mul", kinds, graph.constant(2.0)))
    difference = graph.add("ReduceSum", graph.add("Mul", ids, sign), graph.constant([1], np.int64))
    distance = graph.add("Add", graph.constant(1.0), graph.add("Abs", difference))
    graph.add("Div", graph.constant(1.0), distance, name="scores")
    graph.save(folder / "model.onnx", "scores")


def write_tagger(folder: Path) -> None:
    """`a` begins an X, `b` goes on with it, all else is outside."""
    graph = token_graph("input_ids")
    table = np.tile([1.0, 0.0, 0.0], (len(VOCABULARY), 1))
    table[len(SPECIAL)], table[len(SPECIAL) + 1] = [0, 1, 0], [0, 0, 1]
    graph.add("Gather", graph.constant(table), "input_ids", axis=0, name="tag_scores")
    graph.save(folder / "model.onnx", "tag_scores")


def write_listener(folder: Path) -> None:
    """The score of `loud` is the mean size of the samples, those of the other sounds are 0."""
    graph = Graph({"waveform": (TensorProto.FLOAT, ["n", "samples"])})
    size = graph.add("ReduceMean", graph.add("Abs", "waveform"), axes=[1], keepdims=1)
    others = graph.add("MatMul", size, graph.constant([[0.0] * len(OTHER_SOUNDS)]))
    graph.add("Concat", size, graph.add("Sub", graph.constant(1.0), size), others, axis=1, name="scores")
    graph.save(folder / "model.onnx", "scores")


def write_reader(folder: Path) -> None:
    """Dark pixels are text; red, green and blue columns of a line read R, G, B, others nothing."""
    finding = Graph({"image": (TensorProto.FLOAT, ["n", 3, "h", "w"])})
    brightest = finding.add("ReduceMax", "image", axes=[1], keepdims=1)
    dark = finding.add("Less", brightest, finding.constant(0.5))
    finding.add("Cast", dark, to=TensorProto.FLOAT, name="text_map")
    finding.save(folder / "detection.onnx", "text_map")
    reading = Graph({"lines": (TensorProto.FLOAT, ["n", 3, 48, "w"])})
    columns = reading.add("AveragePool", "lines", kernel_shape=[48, 4], strides=[48, 4])
    colours = reading.add("Squeeze", columns, reading.constant([2], np.int64))
    darkest = reading.add("ReduceMin", colours, axes=[1], keepdims=1)
    blank = reading.add("Add", darkest, reading.constant(0.05))
    steps = reading.add("Concat", blank, colours, axis=1)
    halves = reading.add("Div", reading.add("Add", steps, reading.constant(1.0)), reading.constant(2.0))
    reading.add("Transpose", halves, perm=[0, 2, 1], name="steps")
    reading.save(folder / "model.onnx", "steps")


def write_tokenizer(folder: Path) -> None:
    """Each character is a token; the text stands between [CLS] and [SEP]."""
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": token,
                "special": True,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
            }
            for number, token in enumerate(SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": _template("[CLS]", "A", "[SEP]"),
            "pair": _template("[CLS]", "A", "[SEP]", "B1", "[SEP]1"),
            "special_tokens": {
                token: {"id": token, "ids": [number], "tokens": [token]}
                for number, token in enumerate(SPECIAL)
            },
        },
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {token: number for number, token in enumerate(VOCABULARY)},
            "unk_token": "[UNK]",
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(document))


def _template(*parts: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for part in parts:
        name, kind = part.removesuffix("1"), int(part.endswith("1"))
        key = "SpecialToken" if name.startswith("[") else "Sequence"
        rows.append({key: {"id": name, "type_id": kind}})
    return rows


def write_manifest(folder: Path, kind: type[ServedManifest], **fields: object) -> None:
    proof = OnnxProof(
        opset=17,
        max_abs_diff=0,
        tolerance=1e-4,
        sha256=sha256_of(folder / "model.onnx"),
        compared_samples=1,
    )
    manifest = kind(network="tiny", onnx=proof, run_id="1", snapshot_id="none", **fields)
    write_json(folder / "model.json", manifest.model_dump(mode="json"))


def write_text_model(folder: Path, task: str, **fields: object) -> None:
    folder.mkdir(parents=True)
    write_tokenizer(folder)
    if task == "short_text_matching":
        write_matcher(folder)
    elif "tags" in fields:
        write_tagger(folder)
    else:
        write_classifier(folder)
    write_manifest(folder, TextManifest, task=task, max_tokens=MAX_TOKENS, **fields)


def write_all(root: Path) -> None:
    letters = list(LETTERS)
    for name, fields in {
        "text_classification": {"labels": letters},
        "text_classification_multi_label": {"labels": letters, "recommended_threshold": 0.3},
        "short_text_matching": {},
        "sequence_labelling": {"tags": TAGS},
        "entity_extraction": {"tags": TAGS, "labels": ["X"]},
    }.items():
        write_text_model(root / name / "model", name, **fields)
    sound = root / "audio_classification" / "model"
    sound.mkdir(parents=True)
    write_listener(sound)
    labels = ["loud", "quiet", *OTHER_SOUNDS]
    write_manifest(sound, SoundManifest, task="audio_classification", labels=labels, sample_rate=RATE)
    for name, reply in (("ocr", "results"), ("ocr_words", "words")):
        lines = root / name / "model"
        lines.mkdir(parents=True)
        write_reader(lines)
        fields = {"characters": ["R", "G", "B"], "reading": LineReading(), "reply": reply}
        write_manifest(lines, OcrManifest, task="ocr", **fields)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
