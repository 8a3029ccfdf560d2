"""Which nodes of a graph hold weights, and which of them come last."""

from collections.abc import Iterable

import onnx

# Types of nodes whose weights make up a network.
WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "MatMul")


def last_weighted(graph: onnx.GraphProto) -> list[str]:
    """Return the names of the weighted nodes after which no other one comes: a network's last layers.

    Their results are the scores and coordinates themselves.
    """
    leading = _leading(graph)
    return sorted(node.name for node in graph.node if _is_weighted(node) and node.name not in leading)


def all_graphs(graph: onnx.GraphProto) -> Iterable[onnx.GraphProto]:
    """Yield the graph and the inner graphs of its nodes, at whatever depth."""
    yield graph
    for node in graph.node:
        for part in _inner_graphs(node):
            yield from all_graphs(part)


def _is_weighted(node: onnx.NodeProto) -> bool:
    return node.op_type in WEIGHTED


def _leading(graph: onnx.GraphProto) -> frozenset[str]:
    """Return the names of the nodes whose result some weighted node uses, at whatever distance.

    Nodes stand in the order of computation; a node's inner graphs (`If`, `Loop`) use what they name.
    """
    wanted: set[str] = set()
    leading: set[str] = set()
    for node in reversed(graph.node):
        leads = any(output in wanted for output in node.output)
        if leads:
            leading.add(node.name)
        if leads or _is_weighted(node) or _holds_weighted(node):
            wanted.update(_used(node))
    return frozenset(leading)


def _holds_weighted(node: onnx.NodeProto) -> bool:
    return any(
        _is_weighted(inner) or _holds_weighted(inner) for part in _inner_graphs(node) for inner in part.node
    )


def _used(node: onnx.NodeProto) -> Iterable[str]:
    yield from node.input
    for part in _inner_graphs(node):
        for inner in part.node:
            yield from _used(inner)


def _inner_graphs(node: onnx.NodeProto) -> Iterable[onnx.GraphProto]:
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs
