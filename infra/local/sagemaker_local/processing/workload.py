"""What a processing job does between its queue and its end."""

import json
import shutil
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from sagemaker_local.inputs.channels import channel_objects, fill_channel, share_of_node
from sagemaker_local.jobs import failures
from sagemaker_local.jobs.folder_sync import FolderSync, keep_in_step
from sagemaker_local.jobs.layout import NodeFolders, job_folder
from sagemaker_local.jobs.node_specs import NodeSpecs
from sagemaker_local.jobs.nodes import Node, NodeSpecMaker
from sagemaker_local.jobs.slots import node_slots
from sagemaker_local.jobs.workload import JobServices
from sagemaker_local.processes.job_environment import Runtime
from sagemaker_local.processes.launcher import ProcessExit
from sagemaker_local.processing.jobs import ProcessingJob
from sagemaker_local.storage.job_files import job_files, read_job_text
from sagemaker_local.storage.objects_s3 import parse_s3_uri

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
_EXIT_MESSAGE_LIMIT = 1024
_MAX_UTF8_BYTES = 4
_FOLDERS = ("config", "output", "processing")


class ProcessingWorkload:
    def __init__(self, job: ProcessingJob, services: JobServices) -> None:
        self._job = job
        self._services = services
        self._store = services.objects(job)
        self._nodes = NodeFolders(job_folder(services.jobs_dir, job), services.mode, job.node_count)
        self._syncs: list[FolderSync] | None = None

    @property
    def folder(self) -> Path:
        return self._nodes.root

    @property
    def disks(self) -> Sequence[Path]:
        return self._nodes.roots

    def prepare(self, cancel: threading.Event) -> None:
        runtime = self._runtime()  # builds the environment on first use
        shutil.rmtree(self.folder, ignore_errors=True)
        outputs = [_relative(one["S3Output"]["LocalPath"]) for one in self._job.s3_outputs]
        for host, root in zip(self._nodes.hosts, self._nodes.roots, strict=True):
            for name in (*_FOLDERS, *outputs):
                (root / name).mkdir(parents=True, exist_ok=True)
            runtime.prepare(root)
            self._write_config(root, host)
        for one in self._job.s3_inputs:
            self._fill(one, cancel)

    def specs(self) -> NodeSpecMaker:
        runtime = self._runtime()
        app = self._job.request["AppSpecification"]
        entry = _own_entry_point(app) or runtime.command(runtime.entry.process)
        return NodeSpecs(
            job=self._job,
            services=self._services,
            runtime=runtime,
            command=[*entry, *app.get("ContainerArguments", [])],
            roots=self._nodes.roots,
            hosts=self._nodes.hosts,
            slots=node_slots(self._job, self._services.instance_types),
            names={"PROCESSING_JOB_NAME": self._job.name, "PROCESSING_JOB_ARN": self._job.arn},
        ).spec

    def companions(self, nodes: Sequence[Node]) -> Sequence[Coroutine[Any, Any, None]]:
        syncs = self._continuous()
        return [keep_in_step(syncs, self._services.sync_s, self._job.arn)] if syncs else []

    async def read_output(self, nodes: Sequence[Node]) -> None:
        """There are no metrics of processing jobs."""

    def save_progress(self) -> None:
        for sync in self._continuous():
            sync.upload_changed(final=True)

    def upload_results(self) -> list[str]:
        self.save_progress()
        warnings: list[str] = []
        for output in self._job.s3_outputs:
            if output["S3Output"]["S3UploadMode"] == "EndOfJob":
                self._upload(output, warnings)
        return warnings

    def failure_reason(self, node: Node, ended: ProcessExit) -> str:
        return failures.algorithm_error(ended, "", node.log)

    def closing_facts(self) -> Mapping[str, Any]:
        """The message of the first node that left one."""
        for root in self._nodes.roots:
            text = read_job_text(root, "output/message", _EXIT_MESSAGE_LIMIT * _MAX_UTF8_BYTES)
            if text:
                return {"exit_message": text[:_EXIT_MESSAGE_LIMIT]}
        return {}

    def _runtime(self) -> Runtime:
        app = self._job.request["AppSpecification"]
        command: Literal["process"] | None = None if _own_entry_point(app) else "process"
        return self._services.images.runtime(app["ImageUri"], command)

    def _write_config(self, root: Path, host: str) -> None:
        configs = {
            "processingjobconfig.json": {"ProcessingJobArn": self._job.arn, **self._job.request},
            "resourceconfig.json": {"current_host": host, "hosts": sorted(self._nodes.hosts)},
        }
        for name, content in configs.items():
            (root / "config" / name).write_text(json.dumps(content))

    def _fill(self, one: Mapping[str, Any], cancel: threading.Event) -> None:
        channel = _as_channel(one)
        found = channel_objects(channel, self._store)
        relative = _relative(one["S3Input"]["LocalPath"])
        for number, root in enumerate(self._nodes.roots):
            share = share_of_node(channel, found, node=number, nodes=self._job.node_count)
            fill_channel(channel, share, root / relative, self._store, cancel, self._services.inputs.cache)

    def _continuous(self) -> list[FolderSync]:
        """One sync per folder for the whole run, so that the last round uploads only what changed."""
        if self._syncs is None:
            self._syncs = [
                FolderSync(root, _relative(place["LocalPath"]), parse_s3_uri(place["S3Uri"]), self._store)
                for place in (one["S3Output"] for one in self._job.s3_outputs)
                if place["S3UploadMode"] == "Continuous"
                for root in self._nodes.roots
            ]
        return self._syncs

    def _upload(self, output: Mapping[str, Any], warnings: list[str]) -> None:
        """All nodes' files to one place; the lowest node wins."""
        place = output["S3Output"]
        target = parse_s3_uri(place["S3Uri"])
        done: set[PurePosixPath] = set()
        for number, root in enumerate(self._nodes.roots, start=1):
            for file in job_files(root, _relative(place["LocalPath"])):
                if file.path in done:
                    warnings.append(
                        f"{file.path} of algo-{number} is left out of output {output['OutputName']}: "
                        "a lower node has it too"
                    )
                    continue
                self._store.upload(file.source, target.below(file.path.as_posix()))
                done.add(file.path)


def _own_entry_point(app: Mapping[str, Any]) -> Sequence[str]:
    """Return the job's own entry point; the image's program by its name on the image's PATH is none."""
    entry: Sequence[str] = app.get("ContainerEntrypoint") or ()
    return () if list(entry) == ["process"] else entry


def _relative(path: str) -> str:
    return str(PurePosixPath(path).relative_to("/opt/ml"))


def _as_channel(one: Mapping[str, Any]) -> dict[str, Any]:
    """An input in the form of a training channel, which is resolved in the same way."""
    source = one["S3Input"]
    s3 = {name: source[name] for name in ("S3DataType", "S3Uri", "S3DataDistributionType") if name in source}
    return {
        "ChannelName": one["InputName"],
        "DataSource": {"S3DataSource": s3},
        "CompressionType": source.get("S3CompressionType", "None"),
    }
