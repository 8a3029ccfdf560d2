"""Smaller files of a model: 8-bit integers for speed on a CPU, 16-bit floats for half the size.

Both keep the layers after the last weights in 32 bits: scores and coordinates lose nothing more there. What
the rest costs in quality is measured by whoever calls, on real samples.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import DEFAULT_OP_BLOCK_LIST, convert_float_to_float16

from openbml_deep.export.graphs import INPUT
from openbml_deep.export.weighted_layers import after_the_last_weighted, last_weighted

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
    """Write the graph with unsigned 8-bit activations and signed weights of 7 bits, one scale a channel.

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
        except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise VariantError(f"{type(error).__name__}: {error}") from error


def write_fp16(source: Path, target: Path) -> None:
    """Write the graph with weights and most layers in 16-bit floats; input and outputs stay 32-bit.

    On a CPU ONNX Runtime computes most of it in 32 bits all the same: the file is half as large, not faster.

    Raises:
        VariantError: the graph cannot be converted.
    """
    model = onnx.load(str(source))
    try:
        converted = convert_float_to_float16(
            model,
            keep_io_types=True,
            op_block_list=[*DEFAULT_OP_BLOCK_LIST],
            node_block_list=after_the_last_weighted(model.graph),
        )
        onnx.save(converted, str(target))
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise VariantError(f"{type(error).__name__}: {error}") from error
