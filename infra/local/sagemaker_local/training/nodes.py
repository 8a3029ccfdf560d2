"""Where the nodes of a training job have their folders."""

from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.jobs.hosts import host_names
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.tree import NodeTree, input_data_config, resource_config


@dataclass(frozen=True)
class JobLayout:
    """Folders of a job: one tree per node, apart from the run folders, which hold the logs."""

    root: Path
    mode: str
    job: TrainingJob

    @property
    def trees(self) -> list[NodeTree]:
        return [NodeTree(self.root / f"node-{ordinal}" / "ml") for ordinal in range(self.job.node_count)]

    @property
    def hosts(self) -> list[str]:
        return host_names(self.job.node_count, resolvable=self.mode == NAMESPACES)

    def write_configs(self) -> None:
        request = self.job.request
        for host, tree in zip(self.hosts, self.trees, strict=True):
            tree.write_config("hyperparameters.json", request.get("HyperParameters", {}))
            tree.write_config("inputdataconfig.json", input_data_config(request))
            tree.write_config("resourceconfig.json", resource_config(request, self.hosts, host))
