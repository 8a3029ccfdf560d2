"""From a trained network to the files of a model: a graph, proven equal to the network on real samples, and
smaller variants of it whose loss of quality is measured.

`write_model` does all of it for a job; what a task adds is in its `TaskModel`. `export_network` is its part
that knows networks only.
"""

from openbml_deep.export.graphs import Activation
from openbml_deep.export.model_files import Exported, NetworkExport, export_network, framework_versions
from openbml_deep.export.model_folder import TaskModel, write_model

__all__ = [
    "Activation",
    "Exported",
    "NetworkExport",
    "TaskModel",
    "export_network",
    "framework_versions",
    "write_model",
]
