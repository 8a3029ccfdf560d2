"""What `openbml_deep.export` owes: proofs that refuse what differs, smaller files that keep what matters."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from pycocotools import mask as coco
from torch import nn

from openbml_deep.export import NetworkExport, export_network
from openbml_deep.export.exported_networks import GraphSession, exported_network
from openbml_deep.export.parity import Difference, difference_of
from openbml_deep.export.variants import write_fp16, write_int8
from openbml_deep.export.weighted_layers import last_weighted
from openbml_deep.tasks.objects import Found
from openbml_kit.faults import PlatformFault
from openbml_kit.model_manifest import Outputs
from openbml_kit.run_lengths import decode_mask, encode_mask

SIZE = 16
SCORES, OBJECTS, PIXELS = Outputs(kind="scores"), Outputs(kind="objects"), Outputs(kind="class_scores")
IMAGES = torch.rand(4, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))


class Classifier(nn.Module):
    """Three weighted layers; the last one's results are the logits."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU())
        self.head = nn.Linear(32, 3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.layers(images).mean(dim=(2, 3)))


class Segmenter(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(3, 4, 3, padding=1)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        return self.layer(images)


class Finder(nn.Module):
    """Answers each image with the same objects."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.answer = found

    def found(self, images: torch.Tensor) -> list[Found]:
        return [self.answer] * len(images)


def objects(*rows: tuple[float, float, float, float, float, int], mask_sides: Sequence[int] = ()) -> Found:
    """Rows of x1, y1, x2, y2, score, class; a mask is as wide as its number."""
    masks = torch.zeros(len(rows), SIZE, SIZE, dtype=torch.bool)
    for mask, side in zip(masks, mask_sides, strict=False):
        mask[:8, :side] = True
    return Found(
        torch.tensor([row[:4] for row in rows], dtype=torch.float32).reshape(-1, 4),
        torch.tensor([row[4] for row in rows]),
        torch.tensor([row[5] for row in rows], dtype=torch.int64),
        masks if mask_sides else None,
    )


TWO = objects((1, 1, 9, 9, 0.9, 0), (4, 4, 15, 12, 0.5, 1))


def compared(one: Found, other: Found) -> Difference:
    return difference_of(Finder(one), Finder(other), IMAGES[:1], OBJECTS, "softmax")


def check_equal_objects_in_another_order_are_pairs() -> None:
    turned = Found(TWO.boxes.flip(0), TWO.scores.flip(0), TWO.classes.flip(0))
    difference = compared(TWO, turned)
    assert difference.refusal is None
    assert (difference.objects, difference.max_abs_diff, difference.least_iou) == (2, 0.0, 1.0)


def check_nothing_found_by_either_is_equal() -> None:
    difference = compared(objects(), objects())
    assert (difference.refusal, difference.objects, difference.least_iou) == (None, 0, None)


def check_objects_that_differ_are_refused() -> None:
    for changed in (
        replace(TWO, boxes=TWO.boxes + 0.3),
        replace(TWO, classes=1 - TWO.classes),
        replace(TWO, scores=TWO.scores - 0.01),
        objects((1, 1, 9, 9, 0.9, 0)),
        objects((1, 1, 9, 9, 0.9, 0), (4, 4, 15, 12, 0.5, 1), (0, 0, 3, 3, 0.4, 1)),
        objects(),
    ):
        assert compared(TWO, changed).refusal is not None
        assert compared(changed, TWO).refusal is not None


def check_an_object_at_the_cut_may_be_in_one_answer_only() -> None:
    faint = objects((1, 1, 9, 9, 0.9, 0), (4, 4, 15, 12, 0.5, 1), (0, 0, 3, 3, 0.0104, 1))
    assert compared(TWO, faint).refusal is None
    assert compared(faint, TWO).refusal is None


def check_masks_that_differ_are_refused() -> None:
    rows = (1.0, 1.0, 9.0, 9.0, 0.9, 0)
    equal = compared(objects(rows, mask_sides=[8]), objects(rows, mask_sides=[8]))
    assert (equal.refusal, equal.pixel_agreement) == (None, 1.0)
    other = compared(objects(rows, mask_sides=[8]), objects(rows, mask_sides=[6]))
    assert other.pixel_agreement == 0.75
    assert "masks of the same object agree in 75.00%" in str(other.refusal)


def check_pixels_that_differ_are_refused() -> None:
    network, other = Segmenter(), Segmenter()
    other.load_state_dict(network.state_dict())
    assert difference_of(network, other, IMAGES, PIXELS, "softmax").refusal is None
    with torch.no_grad():
        other.layer.bias[2] += 1
    refusal = difference_of(network, other, IMAGES, PIXELS, "softmax").refusal
    assert refusal is not None
    assert refusal.startswith("scores of pixels differ from torch by")


def check_an_exported_network_answers_as_the_trained_one() -> None:
    for outputs, network, activation in (
        (SCORES, Classifier(), "softmax"),
        (SCORES, Classifier(), "sigmoid"),
        (PIXELS, Segmenter(), "softmax"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            asked = NetworkExport(outputs, IMAGES, activation=activation)
            exported = export_network(network, Path(folder), asked, note=print)
            assert exported.proof.compared_samples == len(IMAGES)
            (only,) = exported.variants
            assert (only.precision, only.quality, only.recommended) == ("fp32", None, True)
            again = exported_network(GraphSession(Path(folder) / only.file, outputs), outputs, activation)
            assert difference_of(network, again, IMAGES, outputs, activation).max_abs_diff < 1e-5


def check_smaller_files_are_recommended_by_their_measured_loss() -> None:
    with tempfile.TemporaryDirectory() as folder:
        seen: list[nn.Module] = []

        def quality(network: nn.Module) -> float:
            seen.append(network)
            return (0.9, 0.895, 0.7)[len(seen) - 1]

        asked = NetworkExport(
            SCORES,
            IMAGES,
            calibration=lambda: [image[None].numpy() for image in IMAGES],
            quality=quality,
            variants="all",
        )
        exported = export_network(Classifier(), Path(folder), asked, note=print)
        figures = [
            (row.precision, row.recommended, round(row.quality_loss or 0, 3)) for row in exported.variants
        ]
        assert figures == [("fp32", True, 0), ("int8", True, 0.005), ("fp16", False, 0.2)]
        assert sorted(path.name for path in Path(folder).iterdir()) == [
            "model.fp16.onnx", "model.int8.onnx", "model.onnx",
        ]  # fmt: skip


def check_a_variant_that_cannot_be_made_is_noted_and_left_out() -> None:
    with tempfile.TemporaryDirectory() as folder:
        notes: list[str] = []
        asked = NetworkExport(
            SCORES, IMAGES, calibration=lambda: [np.zeros((1, 3, 2, 2), np.float32)], variants="int8"
        )
        exported = export_network(Classifier(), Path(folder), asked, note=lambda _, text: notes.append(text))
        assert [row.precision for row in exported.variants] == ["fp32"]
        assert notes[0].startswith("the model has no int8 variant, its graph cannot be converted")
        assert [path.name for path in Path(folder).iterdir()] == ["model.onnx"]


def in_files(look: Callable[[Path, Path], None]) -> None:
    """Call with a classifier's graph and a path beside it."""
    with tempfile.TemporaryDirectory() as folder:
        export_network(Classifier(), Path(folder), NetworkExport(SCORES, IMAGES), note=print)
        look(Path(folder) / "model.onnx", Path(folder) / "other.onnx")


def check_the_last_layer_stays_in_32_bits() -> None:
    def look(source: Path, target: Path) -> None:
        graph = onnx.load(str(source)).graph
        (last,) = last_weighted(graph)
        assert [node.op_type for node in graph.node if node.name == last] == ["Gemm"]
        write_int8(source, target, [image[None].numpy() for image in IMAGES])
        quantised = onnx.load(str(target)).graph
        kinds = {array.name: array.data_type for array in quantised.initializer}
        weights = [kinds.get(node.input[1]) for node in quantised.node if node.op_type == "Gemm"]
        assert weights == [onnx.TensorProto.FLOAT]
        assert onnx.TensorProto.INT8 in kinds.values()

    in_files(look)


def check_weights_beyond_16_bits_keep_32() -> None:
    def look(source: Path, target: Path) -> None:
        model = onnx.load(str(source))
        large = next(array for array in model.graph.initializer if numpy_helper.to_array(array).size >= 256)
        values = numpy_helper.to_array(large).copy()
        values.flat[0] = 1e6
        large.CopyFrom(numpy_helper.from_array(values, large.name))
        onnx.save(model, str(source))
        write_fp16(source, target)
        kinds = {array.name: array.data_type for array in onnx.load(str(target)).graph.initializer}
        assert kinds[large.name] == onnx.TensorProto.FLOAT
        assert onnx.TensorProto.FLOAT16 in kinds.values()
        onnx.checker.check_model(str(target))

    in_files(look)


def check_a_refused_export_leaves_no_file() -> None:
    class Treacherous(nn.Module):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return image.mean(dim=(2, 3)) * float(image.abs().mean())  # the trace keeps the first one's value

    samples = torch.stack([torch.full((3, 4, 4), 1.0), torch.full((3, 4, 4), -3.0)])
    samples[:, 0] *= 2
    with tempfile.TemporaryDirectory() as folder:
        told = ""
        try:
            export_network(Treacherous(), Path(folder), NetworkExport(SCORES, samples), note=print)
        except PlatformFault as fault:
            told = str(fault)
        assert told.startswith("ONNX export refused: scores differ from torch by")
        assert list(Path(folder).iterdir()) == []


def check_masks_are_written_and_read_as_by_cocos_own_tools() -> None:
    chance = np.random.default_rng(7)
    for _ in range(600):
        height, width = chance.integers(1, 70, 2)
        pixels = chance.random((height, width)) < chance.choice([0.01, 0.5, 0.99, 0.0, 1.0])
        theirs = coco.encode(np.asfortranarray(pixels.astype(np.uint8)))
        text = theirs["counts"].decode()
        assert encode_mask(pixels) == text
        assert (decode_mask(text, int(width), int(height)) == coco.decode(theirs).astype(bool)).all()
