"""What a training job does between its queue and its end."""

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from sagemaker_local.inputs.input_channels import JobInputs
from sagemaker_local.inputs.pipe_feeders import FeederServices, keep_feeding
from sagemaker_local.jobs import failures
from sagemaker_local.jobs.folder_sync import FolderSync, keep_in_step
from sagemaker_local.jobs.layout import job_folder
from sagemaker_local.jobs.node_specs import NodeSpecs
from sagemaker_local.jobs.nodes import Node, NodeSpecMaker
from sagemaker_local.jobs.slots import node_slots
from sagemaker_local.jobs.workload import JobServices
from sagemaker_local.logs.metrics import MetricScanner, compile_definitions
from sagemaker_local.processes.launcher import ProcessExit
from sagemaker_local.storage.job_files import read_job_text
from sagemaker_local.training.artifacts import upload_results
from sagemaker_local.training.jobs import TrainingJob
from sagemaker_local.training.nodes import JobLayout
from sagemaker_local.training.preparation import (
    checkpoint_sync,
    job_inputs,
    prepare_job,
    training_runtime,
)

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
_SCAN_S = 0.5
_FAILURE_FILE_BYTES = 4096


class TrainingWorkload:
    def __init__(self, job: TrainingJob, services: JobServices) -> None:
        self._job = job
        self._services = services
        self._store = services.objects(job)
        self._layout = JobLayout(job_folder(services.jobs_dir, job), services.mode, job)
        self._sync: FolderSync | None = None
        self._scanners: dict[str, MetricScanner] = {}
        self._patterns = compile_definitions(
            job.request["AlgorithmSpecification"].get("MetricDefinitions", [])
        )

    @property
    def folder(self) -> Path:
        return self._layout.root

    @property
    def disks(self) -> Sequence[Path]:
        return [tree.root for tree in self._layout.trees]

    def prepare(self, cancel: threading.Event) -> None:
        prepare_job(
            self._job, self._layout, self._store, self._services.images, self._services.inputs, cancel
        )
        sync = self._checkpoints()
        if sync is not None:
            sync.download()

    def specs(self) -> NodeSpecMaker:
        runtime = training_runtime(self._job, self._services.images)
        algorithm = self._job.request["AlgorithmSpecification"]
        entry = algorithm.get("ContainerEntrypoint") or runtime.command(runtime.entry.train)
        return NodeSpecs(
            job=self._job,
            services=self._services,
            runtime=runtime,
            command=[*entry, *algorithm.get("ContainerArguments", [])],
            roots=self.disks,
            hosts=self._layout.hosts,
            slots=node_slots(self._job, self._services.instance_types),
            names={"TRAINING_JOB_NAME": self._job.name, "TRAINING_JOB_ARN": self._job.arn},
            folder="code",
            input_mounts=lambda node: self._services.inputs.mounts(self._inputs, node),
        ).spec

    def companions(self, nodes: Sequence[Node]) -> Sequence[Coroutine[Any, Any, None]]:
        sync = self._checkpoints()
        found = [self._watch_metrics(nodes), self._feed()]
        if sync is not None:
            found.append(keep_in_step([sync], self._services.sync_s, self._job.arn))
        return found

    async def read_output(self, nodes: Sequence[Node]) -> None:
        for node in nodes if self._patterns else ():
            process_id = node.record.process_id
            if process_id not in self._scanners:
                self._scanners[process_id] = MetricScanner(
                    self._services.database,
                    arn=self._job.arn,
                    process_id=process_id,
                    log=node.log,
                    patterns=self._patterns,
                )
            await self._scanners[process_id].scan()

    def save_progress(self) -> None:
        sync = self._checkpoints()
        if sync is not None:
            sync.upload_changed(final=True)

    def upload_results(self) -> list[str]:
        self.save_progress()
        return upload_results(self._job, self._layout.trees, self._store, self._layout.root)

    def failure_reason(self, node: Node, ended: ProcessExit) -> str:
        tree = self._layout.trees[node.record.ordinal]
        written = read_job_text(tree.root, "output/failure", _FAILURE_FILE_BYTES).strip()
        return failures.algorithm_error(ended, written, node.log)

    def closing_facts(self) -> Mapping[str, Any]:
        return {}

    def _checkpoints(self) -> FolderSync | None:
        """One sync for the whole run, so that the last round uploads only what changed."""
        if self._sync is None:
            self._sync = checkpoint_sync(self._job, self._layout, self._store)
        return self._sync

    @property
    def _inputs(self) -> JobInputs:
        return job_inputs(self._job, self._layout)

    async def _feed(self) -> None:
        services = self._services
        await keep_feeding(
            services.inputs.pipe_plans(self._inputs),
            owner_arn=self._job.arn,
            attempt=self._job.attempt,
            services=FeederServices(
                services.database, services.supervisor, services.endpoint_url, services.engine_url
            ),
        )

    async def _watch_metrics(self, nodes: Sequence[Node]) -> None:
        while True:
            await asyncio.sleep(_SCAN_S)
            await self.read_output(nodes)
