"""Downloading: everything a job needs before its processes start. Blocking; safe to repeat."""

import shutil
import threading
from typing import Literal

from sagemaker_local.images.resolver import Images
from sagemaker_local.inputs.input_channels import InputChannels, JobInputs
from sagemaker_local.jobs.folder_sync import FolderSync
from sagemaker_local.jobs.workload import PathError
from sagemaker_local.processes.job_environment import Runtime
from sagemaker_local.storage.objects_s3 import S3Objects, parse_s3_uri
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.nodes import JobLayout
from sagemaker_local.training.tree import DEFAULT_CHECKPOINT_PATH, OPT_ML

# By custom the channel in which users bring code; such a job is held to what users' images are held to.
CODE_CHANNEL = "code"


def training_runtime(job: TrainingJob, images: Images) -> Runtime:
    algorithm = job.request["AlgorithmSpecification"]
    command: Literal["train"] | None = None if algorithm.get("ContainerEntrypoint") else "train"
    channels = {channel["ChannelName"] for channel in job.request.get("InputDataConfig", [])}
    return images.runtime(algorithm["TrainingImage"], command, brings_code=CODE_CHANNEL in channels)


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


def job_inputs(job: TrainingJob, layout: JobLayout) -> JobInputs:
    resources = job.resources
    groups = resources.get("InstanceGroups") or [{"InstanceGroupName": "", "InstanceCount": job.node_count}]
    return JobInputs(
        channels=job.request.get("InputDataConfig", []),
        default_mode=job.request["AlgorithmSpecification"].get("TrainingInputMode", "File"),
        roots=[tree.root for tree in layout.trees],
        groups=[group["InstanceGroupName"] for group in groups for _ in range(group["InstanceCount"])],
        role_arn=job.role_arn,
        region=job.region,
    )


def prepare_job(
    job: TrainingJob,
    layout: JobLayout,
    store: S3Objects,
    images: Images,
    inputs: InputChannels,
    cancel: threading.Event,
) -> None:
    runtime = training_runtime(job, images)  # builds the environment on first use
    shutil.rmtree(layout.root, ignore_errors=True)
    for tree in layout.trees:
        tree.make()
        runtime.prepare(tree.root)
    layout.write_configs()
    inputs.fill(job_inputs(job, layout), store, cancel)
