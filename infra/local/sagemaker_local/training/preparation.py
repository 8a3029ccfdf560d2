"""Downloading: everything a job needs before its processes start. Blocking; safe to repeat."""

import shutil
import threading
from typing import Literal

from sagemaker_local.images.resolver import Images
from sagemaker_local.inputs.channels import channel_objects, fill_channel, share_of_node
from sagemaker_local.jobs.folder_sync import FolderSync
from sagemaker_local.jobs.workload import PathError
from sagemaker_local.processes.job_environment import Runtime
from sagemaker_local.storage.objects_s3 import S3Objects, parse_s3_uri
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.nodes import JobLayout
from sagemaker_local.training.tree import DEFAULT_CHECKPOINT_PATH, OPT_ML


def training_runtime(job: TrainingJob, images: Images) -> Runtime:
    algorithm = job.request["AlgorithmSpecification"]
    command: Literal["train"] | None = None if algorithm.get("ContainerEntrypoint") else "train"
    return images.runtime(algorithm["TrainingImage"], command)


def checkpoint_sync(job: TrainingJob, layout: JobLayout, store: S3Objects) -> FolderSync | None:
    """Checkpoints belong to the first node; the others' folders are their own."""
    config = job.request.get("CheckpointConfig")
    if not config:
        return None
    path = config.get("LocalPath", DEFAULT_CHECKPOINT_PATH)
    if not path.startswith(OPT_ML + "/") or ".." in path.split("/"):
        raise PathError(f"CheckpointConfig.LocalPath {path} is not below {OPT_ML}")
    relative = path.removeprefix(OPT_ML + "/")
    return FolderSync(layout.trees[0].root, relative, parse_s3_uri(config["S3Uri"]), store)


def prepare_job(
    job: TrainingJob, layout: JobLayout, store: S3Objects, images: Images, cancel: threading.Event
) -> None:
    runtime = training_runtime(job, images)  # builds the environment on first use
    shutil.rmtree(layout.root, ignore_errors=True)
    trees = layout.trees
    for tree in trees:
        tree.make()
        runtime.prepare(tree.root)
    layout.write_configs()
    for channel in job.request.get("InputDataConfig", []):
        found = channel_objects(channel, store)
        for number, (host, tree) in enumerate(zip(layout.hosts, trees, strict=True)):
            if _sees_channel(job, channel.get("DataSource", {}).get("S3DataSource", {}), host, layout):
                share = share_of_node(channel, found, node=number, nodes=len(trees))
                fill_channel(channel, share, tree.channel(channel["ChannelName"]), store, cancel)


def _sees_channel(job: TrainingJob, source: dict[str, object], host: str, layout: JobLayout) -> bool:
    groups = source.get("InstanceGroupNames")
    if not isinstance(groups, list) or not groups:
        return True
    first = 0
    number = layout.hosts.index(host)
    for group in job.resources.get("InstanceGroups") or []:
        if first <= number < first + group["InstanceCount"]:
            return group["InstanceGroupName"] in groups
        first += group["InstanceCount"]
    return False
