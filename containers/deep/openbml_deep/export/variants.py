"""Smaller files of a model: 8-bit integers for speed on a CPU, 16-bit weights for half the size.

What they cost in quality is measured by whoever calls, on real samples.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from openbml_deep.export.graphs import INPUT
from openbml_deep.export.weighted_layers import all_graphs, last_weighted

# Tensors of fewer values are not worth a cast.
_FEWEST_HALVED = 256

Planes = np.ndarray[Any, np.dtype[np.float32]]


class VariantError(Exception):
    """The graph holds something that the conversion does not take; the text is the converter's."""


class _Calibration(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, images: Sequence[Planes]) -> None:
        self._rows: Iterator[Planes] = iter(images)

    def get_next(self) -> dict[str, Planes] | None:
        image = next(self._rows, None)
        return None if image is None else {INPUT: image}


def write_int8(source: Path, target: Path, images: Sequence[Planes]) -> None:
    """Write the graph with unsigned 8-bit activations and signed weights of 7 bits, one scale a channel. The
    last layers keep 32 bits: their results are the scores and coordinates themselves.

    Two products of 8 bits each overflow the 16 bits in which processors without VNNI add them; with 7 bits
    the quality that one machine measures is that of every machine. Ranges are those seen on the images.

    Args:
        images: real training images as the network sees them, each of shape (1, 3, size, size).

    Raises:
        VariantError: the graph cannot be quantised.

    Source: onnxruntime.ai/docs/performance/model-optimizations/quantization.html.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        try:
            quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
            graph = onnx.load(str(prepared), load_external_data=False).graph
            quantize_static(
                str(prepared),
                str(target),
                _Calibration(images),
                quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                op_types_to_quantize=["Conv", "Gemm", "MatMul"],
                nodes_to_exclude=last_weighted(graph),
                extra_options={"MatMulConstBOnly": True},
            )
        except Exception as error:  # onnxruntime's own errors have no other base
            raise VariantError(f"{type(error).__name__}: {error}") from error


def write_fp16(source: Path, target: Path) -> None:
    """Write the graph with its weights as 16-bit floats, which are widened when the model is loaded.

    Computing in 16 bits as well would be slower on a CPU, where ONNX Runtime has few such kernels and casts
    around each of them. A weight beyond the range of 16 bits keeps its tensor in 32.
    """
    model = onnx.load(str(source))
    for graph in all_graphs(model.graph):
        _halve_weights(graph)
    onnx.save(model, str(target))


def _halve_weights(graph: onnx.GraphProto) -> None:
    casts = []
    for weights in graph.initializer:
        if weights.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(weights)
        if values.size < _FEWEST_HALVED or not np.abs(values).max() <= np.finfo(np.float16).max:
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        widened = helper.make_node("Cast", [weights.name], [name], to=onnx.TensorProto.FLOAT)
        widened.name = f"{name}.widened"
        casts.append(widened)
    later = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *later])
