"""Where the nodes of a job have their folders, and what they are called."""

from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.jobs.hosts import host_names
from sagemaker_local.jobs.job import Job
from sagemaker_local.processes.modes import NAMESPACES


@dataclass(frozen=True)
class NodeFolders:
    """One folder per node that is its ``/opt/ml``, apart from the run folders, which hold the logs."""

    root: Path
    mode: str
    count: int

    @property
    def roots(self) -> list[Path]:
        return [self.root / f"node-{ordinal}" / "ml" for ordinal in range(self.count)]

    @property
    def hosts(self) -> list[str]:
        return host_names(self.count, resolvable=self.mode == NAMESPACES)


def job_folder(kind_folder: Path, job: Job) -> Path:
    """The creation time keeps apart jobs that had the same name one after the other."""
    return kind_folder / job.region / f"{job.name}-{int(job.created_at * 1000)}"
