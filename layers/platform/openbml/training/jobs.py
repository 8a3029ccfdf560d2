"""What this context needs of compute, and the job of a run."""

import json
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from openbml.compute.jobs import Channel, ChannelKind, Job, ProcessingJobRequest, TrainingJobRequest
from openbml.compute.owners import Owner
from openbml.training.job_files import CODE_FOLDER
from openbml.training.run_requests import image_for
from openbml.training.runs import Run

OWNER_CONTEXT = "training"
# Downloads, evaluation and export lie outside the maximum training time; the job ends itself in time, this is
# the limit for one that does not.
_MARGIN_S = 3600


# SageMaker's limit of a hyper-parameter's value; beyond it a job takes the labels of its snapshot, which were
# checked to be the run's.
_MOST_CHARACTERS = 2500


class TrainingJobs(Protocol):
    """Port to compute (contracts, section 7)."""

    def submit_training(self, request: TrainingJobRequest) -> Job: ...

    def stop_training(self, job_id: str) -> Job: ...


class SearchJobs(TrainingJobs, Protocol):
    """Port to compute: what searches need beside training jobs."""

    def submit_processing(self, request: ProcessingJobRequest) -> Job: ...

    def stop_processing(self, job_id: str) -> Job: ...

    def announce_end(self, job_id: str) -> Job:
        """Tell a job's end once more, if it has ended."""


class JobPlaces(BaseModel):
    """Addresses of a run's job; those of parts are of the manifests of a table's parts."""

    model_config = ConfigDict(frozen=True)

    train_uri: str
    train_parts_uri: str | None = None
    eval_uri: str | None = None
    eval_parts_uri: str | None = None
    weights_uri: str | None = None
    runs_uri: str
    base_uri: str | None = None


def job_request(run: Run, places: JobPlaces) -> TrainingJobRequest:
    """Return the job of a run whose data is frozen; the same run gives the same request."""
    folder = f"{places.runs_uri}{run.run_id}/"
    platform = {
        "task": run.task_type,
        "network": run.network,
        **_labels(run),
        "run_id": str(run.run_id),
        "max_training_time_s": str(run.max_training_minutes * 60),
    }
    return TrainingJobRequest(
        job_id=run.job_id,
        owner=Owner(context=OWNER_CONTEXT, id=str(run.run_id)),
        scope=run.scope,
        image=image_for(run.task_type).name,
        hyper_parameters={**run.hyper_parameters, **platform},
        channels=_channels(places, code_uri=f"{folder}{CODE_FOLDER}" if _has_script(run) else None),
        machine_type=run.machine_type,
        node_count=run.node_count,
        output_uri=f"{folder}job",
        checkpoint_uri=f"{folder}checkpoints/",
        max_runtime_s=run.max_training_minutes * 60 + _MARGIN_S,
    )


def _channels(places: JobPlaces, *, code_uri: str | None) -> list[Channel]:
    folders = {
        "train": places.train_uri,
        "eval": places.eval_uri,
        "weights": places.weights_uri,
        "base": places.base_uri,
        "code": code_uri,
    }
    parts = {"train_parts": places.train_parts_uri, "eval_parts": places.eval_parts_uri}
    return [Channel(name=name, uri=uri) for name, uri in folders.items() if uri] + [
        Channel(name=name, uri=uri, kind=ChannelKind.MANIFEST_FILE) for name, uri in parts.items() if uri
    ]


def _has_script(run: Run) -> bool:
    return run.hyper_parameter_source == "script"


def _labels(run: Run) -> dict[str, str]:
    if not run.labels:
        return {}
    text = json.dumps(list(run.labels), ensure_ascii=False)
    return {"labels": text} if len(text) <= _MOST_CHARACTERS else {}
