"""Makes small models that answer from the picture itself, run by the deep image's interpreter.

`python tiny_models.py FOLDER` writes all of them. What is brighter than `BRIGHT` is the object; so the right
answer to a picture is known to the pixel.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from openbml_kit import images, letterbox
from openbml_kit.files import sha256_of, write_json
from openbml_kit.model_manifest import ImageInput, ModelManifest, OnnxProof, Outputs, Variant

SIZE = 64
BRIGHT = 0.9
# Scores of the two findings in the same place: of the first label and of the last.
FOUND_SCORES = (0.8, 0.3)
THRESHOLD = 0.5
_KINDS = {"boxes": 1, "scores": 1, "classes": 7, "masks": 1, "class_scores": 1}


class Graph:
    """An ONNX graph under construction; every method returns the name of a result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: object, kind: type = np.float32) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, dtype=kind), name))
        return name

    def add(self, operator: str, *inputs: str, name: str | None = None, **attributes: object) -> str:
        output = name or f"{operator}{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def above(self, values: str, least: float) -> str:
        return self.add("Greater", values, self.constant(least))

    def unsqueezed(self, values: str, *axes: int) -> str:
        return self.add("Unsqueeze", values, self.constant(axes, np.int64))

    def save(self, path: Path, outputs: Sequence[str]) -> None:
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])
        results = [helper.make_tensor_value_info(name, _KINDS[name], None) for name in outputs]
        graph = helper.make_graph(self.nodes, "tiny", [image], results, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, str(path))


def bright_pixels(graph: Graph) -> str:
    """Return 0 or 1 for each pixel, shape (SIZE, SIZE): all three channels are bright."""
    darkest = graph.add("ReduceMin", "image", axes=[0, 1], keepdims=0)
    return graph.add("Cast", graph.above(darkest, BRIGHT), to=TensorProto.FLOAT)


def channel_means(graph: Graph) -> None:
    graph.add("ReduceMean", "image", axes=[2, 3], keepdims=0, name="scores")


def logarithms(graph: Graph) -> None:
    """Scores that are numbers of pictures without black only."""
    graph.add("Log", graph.add("ReduceMin", "image", axes=[2, 3], keepdims=0), name="scores")


def bright_box(graph: Graph, label_count: int, frame: str | None) -> None:
    """Two objects around the bright pixels, none where there are none."""
    bright = bright_pixels(graph)
    sides = []
    for axis in (0, 1):
        held = graph.above(graph.add("ReduceMax", bright, axes=[axis], keepdims=0), 0.5)
        first = graph.add("Where", held, graph.constant(np.arange(SIZE)), graph.constant(float(SIZE)))
        last = graph.add("Where", held, graph.constant(np.arange(SIZE) + 1), graph.constant(0.0))
        sides += [graph.add("ReduceMin", first, axes=[0]), graph.add("ReduceMax", last, axes=[0])]
    left, right, top, bottom = sides
    box = graph.unsqueezed(graph.add("Concat", left, top, right, bottom, axis=0), 0)
    is_there = graph.add("Greater", right, left)
    both = graph.add("Concat", is_there, is_there, axis=0)
    boxes = graph.add("Concat", box, box, axis=0)
    graph.add("Compress", boxes, both, axis=0, name="boxes")
    graph.add("Compress", graph.constant(FOUND_SCORES), both, axis=0, name="scores")
    graph.add("Compress", graph.constant([0, label_count - 1], np.int64), both, axis=0, name="classes")
    if frame == "input":
        mask = graph.unsqueezed(bright, 0)
        graph.add("Compress", graph.add("Concat", mask, mask, axis=0), both, axis=0, name="masks")
    elif frame == "box":
        graph.add("Compress", graph.constant(np.ones((2, 28, 28))), both, axis=0, name="masks")


def bright_class(graph: Graph) -> None:
    """Bright pixels are the first label by 0.8, the others background by 0.7; the second label is nowhere."""
    bright = bright_pixels(graph)
    planes = []
    for on, off in ((0.1, 0.7), (0.8, 0.2), (0.1, 0.1)):
        scaled = graph.add("Mul", bright, graph.constant(on - off))
        planes.append(graph.unsqueezed(graph.add("Add", scaled, graph.constant(off)), 0, 1))
    graph.add("Concat", *planes, axis=1, name="class_scores")


def write_model(
    folder: Path,
    task: str,
    labels: Sequence[str],
    outputs: Outputs,
    build: Callable[[Graph], None],
    *,
    threshold: float = THRESHOLD,
    tile: int = 0,
    with_int8: bool = False,
) -> None:
    folder.mkdir(parents=True)
    graph = Graph()
    build(graph)
    graph.save(folder / "model.onnx", outputs.names)
    digest = sha256_of(folder / "model.onnx")
    variants = [Variant(precision="fp32", file="model.onnx", size_bytes=1, sha256=digest)]
    if with_int8:
        graph.save(folder / "model.int8.onnx", outputs.names)
        variants.append(Variant(precision="int8", file="model.int8.onnx", size_bytes=1, sha256=digest))
    manifest = ModelManifest(
        task=task,
        network="tiny",
        labels=labels,
        input=ImageInput(
            size=SIZE,
            mean=(0, 0, 0),
            std=(1, 1, 1),
            resize=images.RESIZE if outputs.kind == "scores" else letterbox.RESIZE,
            decoder=images.DECODER,
            tile=tile,
        ),
        outputs=outputs,
        recommended_threshold=threshold,
        onnx=OnnxProof(opset=17, max_abs_diff=0, tolerance=1e-4, sha256=digest, compared_samples=1),
        variants=variants,
        weights_source="none",
        run_id="1",
        snapshot_id="none",
        framework_versions={},
    )
    write_json(folder / "model.json", manifest.model_dump(mode="json"))


def write_all(root: Path) -> None:
    objects, both = Outputs(kind="objects"), ["lamp", "window"]
    write_model(
        root / "multi_label" / "model",
        "image_classification_multi_label",
        ["red", "green", "blue"],
        Outputs(),
        channel_means,
    )
    write_model(
        root / "logarithms" / "model",
        "image_classification_multi_label",
        ["red", "green", "blue"],
        Outputs(),
        logarithms,
        threshold=0.0,
    )
    write_model(
        root / "detection" / "model",
        "object_detection",
        both,
        objects,
        lambda graph: bright_box(graph, 2, None),
        with_int8=True,
    )
    write_model(
        root / "one_label" / "model",
        "object_detection",
        ["lamp"],
        objects,
        lambda graph: bright_box(graph, 1, None),
    )
    write_model(
        root / "tiles" / "model",
        "object_detection",
        ["lamp"],
        objects,
        lambda graph: bright_box(graph, 1, None),
        tile=100,
    )
    for frame in ("input", "box"):
        write_model(
            root / f"instance_{frame}" / "model",
            "instance_segmentation",
            both,
            Outputs(kind="objects", mask_frame=frame),
            lambda graph, frame=frame: bright_box(graph, 2, frame),
        )
    write_model(
        root / "semantic" / "model",
        "semantic_segmentation",
        both,
        Outputs(kind="class_scores"),
        bright_class,
        threshold=0.0,
    )
    write_model(root / "wrong" / "model", "object_detection", both, Outputs(), channel_means)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
