"""From a trained network to the files of a model: a graph, proven equal to the network on real samples, and
smaller variants of it whose loss of quality is measured.

`export_network` does all of it for every task; what a task adds is in its `NetworkExport`.
"""

from openbml_deep.export.graphs import Activation
from openbml_deep.export.model_files import Exported, NetworkExport, export_network, framework_versions
from openbml_deep.export.onnx_classifier import export_onnx

__all__ = ["Activation", "Exported", "NetworkExport", "export_network", "export_onnx", "framework_versions"]
