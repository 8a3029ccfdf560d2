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


class GraphBuilder:
    """Collects nodes and constants; what is equal is there once, such as a preparation of several models."""

    def __init__(self, feature_count: int) -> None:
        self._feature_count = feature_count
        self._nodes: list[onnx.NodeProto] = []
        self._known: dict[bytes, str] = {}
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._initializers: list[onnx.TensorProto] = []

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
        node = helper.make_node(operator, list(inputs), [], domain=domain, **attributes)
        content = hashlib.sha256(node.SerializeToString(deterministic=True)).digest()
        if content not in self._known:
            name = f"{operator.lower()}_{len(self._nodes)}"
            node.name = name
            node.output.extend([name, *(f"{name}.{place}" for place in range(1, outputs))])
            self._nodes.append(node)
            self._known[content] = name
        return self._known[content]

    def constant(self, array: npt.NDArray[Any] | np.generic) -> str:
        """Return the name of a tensor with these values; a single one has shape (1,)."""
        values = np.ascontiguousarray(array)
        key = (values.dtype.str, values.shape, values.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            self._initializers.append(numpy_helper.from_array(values, name))
        return self._constants[key]

    def columns(self, tensor: str, places: Sequence[int]) -> str:
        """Return the named columns of a matrix, in that order."""
        return self.node("Gather", [tensor, self.constant(np.asarray(places, np.int64))], axis=1)

    def finished(self, result: str, *, output: str, width: int) -> onnx.ModelProto:
        """Return the checked model whose output, shape (n, width), is the tensor `result`."""
        nodes = [*self._nodes, helper.make_node("Identity", [result], [output], name="output")]
        graph = helper.make_graph(
            nodes,
            "tabular",
            [helper.make_tensor_value_info(FEATURES, TensorProto.FLOAT, ["n", self._feature_count])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])],
            self._initializers,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", TREES_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        onnx.checker.check_model(model)
        return model
