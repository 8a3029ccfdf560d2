"""The builder of ONNX graphs."""

import numpy as np
import onnxruntime

from openbml_tabular.graphs.builder import GraphBuilder


def check_a_built_graph_computes_what_its_nodes_say() -> None:
    builder = GraphBuilder(3)
    chosen = builder.columns(builder.features, [2, 0])
    doubled = builder.node("Mul", [chosen, builder.constant(np.float32([2, 3]))])
    model = builder.finished(doubled, output="values", width=2)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    rows = np.float32([[1, 2, 3], [4, 5, 6]])
    (values,) = session.run(["values"], {"features": rows})
    assert values.tolist() == [[6, 3], [12, 12]]


def check_equal_constants_are_stored_once() -> None:
    builder = GraphBuilder(1)
    assert builder.constant(np.float32([1])) == builder.constant(np.float32([1]))
    assert builder.constant(np.float32([1])) != builder.constant(np.int64([1]))


def check_equal_nodes_are_computed_once() -> None:
    builder = GraphBuilder(1)
    first = builder.node("Neg", [builder.features])
    assert builder.node("Neg", [builder.features]) == first
    assert builder.node("Neg", [first]) != first
    assert builder.node("Softmax", [first], axis=0) != builder.node("Softmax", [first], axis=1)
