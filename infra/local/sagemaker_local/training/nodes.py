"""The folders of a training job's nodes."""

from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.jobs.layout import NodeFolders
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.tree import NodeTree, input_data_config, resource_config


@dataclass(frozen=True)
class JobLayout:
    root: Path
    mode: str
    job: TrainingJob

    @property
    def trees(self) -> list[NodeTree]:
        return [NodeTree(root) for root in self._folders.roots]

    @property
    def hosts(self) -> list[str]:
        return self._folders.hosts

    def write_configs(self) -> None:
        request = self.job.request
        for host, tree in zip(self.hosts, self.trees, strict=True):
            tree.write_config("hyperparameters.json", request.get("HyperParameters", {}))
            tree.write_config("inputdataconfig.json", input_data_config(request))
            tree.write_config("resourceconfig.json", resource_config(request, self.hosts, host))

    @property
    def _folders(self) -> NodeFolders:
        return NodeFolders(self.root, self.mode, self.job.node_count)
