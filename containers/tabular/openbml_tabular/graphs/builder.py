"""Builds one ONNX graph out of the parts that models and preparations add to it."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 21
TREES_OPSET = 3  # of ai.onnx.ml: its trees have leaves of several values
_IR_VERSION = 10
FEATURES = "features"
_AT_ONCE = 65_536


class GraphBuilder:
    """Collects nodes and constants; what is equal is there once, such as a preparation of several models.

    They are kept in the model itself: a copy of a large ensemble's trees takes hundreds of megabytes.
    """

    def __init__(self, feature_count: int) -> None:
        self._feature_count = feature_count
        self._model = onnx.ModelProto()
        self._known: dict[bytes, str] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    @property
    def features(self) -> str:
        """The graph's input, shape (n, feature_count), float32."""
        return FEATURES

    def node(
        self, operator: str, inputs: Sequence[str], *, domain: str = "", outputs: int = 1, **attributes: Any
    ) -> str:
        """Add a node and return the name of its first output; others have `.1`, `.2` … behind it.

        A node that is there already, with the same inputs and attributes, is not added again.
        """
        node = helper.make_node(operator, list(inputs), [], domain=domain)
        for attribute, value in sorted(attributes.items()):
            node.attribute.append(_attribute(attribute, value))
        content = hashlib.sha256(node.SerializeToString(deterministic=True)).digest()
        if content not in self._known:
            nodes = self._model.graph.node
            name = f"{operator.lower()}_{len(nodes)}"
            node.name = name
            node.output.extend([name, *(f"{name}.{place}" for place in range(1, outputs))])
            nodes.append(node)
            self._known[content] = name
        return self._known[content]

    def constant(self, array: npt.NDArray[Any] | np.generic) -> str:
        """Return the name of a tensor with these values; a single one has shape (1,)."""
        values = np.ascontiguousarray(array)
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            self._model.graph.initializer.append(numpy_helper.from_array(values, name))
        return self._constants[key]

    def columns(self, tensor: str, places: Sequence[int]) -> str:
        """Return the named columns of a matrix, in that order."""
        return self.node("Gather", [tensor, self.constant(np.asarray(places, np.int64))], axis=1)

    def finished(self, result: str, *, output: str, width: int) -> onnx.ModelProto:
        """Return the model whose output, shape (n, width), is the tensor `result`; nothing is added after."""
        graph, rows = self._model.graph, "n"
        graph.name = "tabular"
        graph.node.append(helper.make_node("Identity", [result], [output], name="output"))
        graph.input.append(
            helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, [rows, self._feature_count])
        )
        graph.output.append(helper.make_tensor_value_info(output, TensorProto.FLOAT, [rows, width]))
        self._model.ir_version = _IR_VERSION
        self._model.opset_import.extend(
            [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES_OPSET)]
        )
        return self._model


def _attribute(name: str, value: Any) -> onnx.AttributeProto:
    """Return an attribute; an array of whole numbers goes in without a list of them beside it."""
    if not isinstance(value, np.ndarray):
        return helper.make_attribute(name, value)
    attribute = onnx.AttributeProto(name=name, type=onnx.AttributeProto.INTS)
    for start in range(0, len(value), _AT_ONCE):
        attribute.ints.extend(value[start : start + _AT_ONCE].tolist())
    return attribute
