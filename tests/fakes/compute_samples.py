"""Requests, jobs and hostings for tests."""

from typing import Any

from openbml.compute.hostings import Hosting, HostingRequest
from openbml.compute.jobs import Channel, Job, ProcessingJobRequest, TrainingJobRequest
from openbml.compute.owners import Owner
from openbml.core.scope import ProjectScope
from tests.fakes.compute_memory import NOON

SCOPE = ProjectScope(account_id=7, region="us-east-1", project_id=42)


def job_request(job_id: str = "1001", **changes: Any) -> TrainingJobRequest:
    fields: dict[str, Any] = {
        "job_id": job_id,
        "owner": Owner(context="training", id=job_id),
        "scope": SCOPE,
        "image": "deep",
        "hyper_parameters": {"epochs": "3", "labels": '["猫", "dog"]'},
        "channels": [Channel(name="train", uri="s3://data/projects/42/snapshots/abc/")],
        "machine_type": "GPU_P4",
        "node_count": 1,
        "output_uri": f"s3://data/projects/42/runs/{job_id}/job",
        "checkpoint_uri": f"s3://data/projects/42/runs/{job_id}/checkpoints/",
        "max_runtime_s": 3600,
    }
    return TrainingJobRequest.model_validate({**fields, **changes})


def processing_request(job_id: str = "data7", **changes: Any) -> ProcessingJobRequest:
    fields: dict[str, Any] = {
        "job_id": job_id,
        "owner": Owner(context="datasets", id=job_id),
        "scope": SCOPE,
        "image": "data",
        "arguments": ["export"],
        "environment": {"LANG": "C.UTF-8"},
        "machine_type": "CPU_4C_16G",
        "order_uri": f"s3://uploads/projects/42/jobs/{job_id}/order/",
        "max_runtime_s": 3600,
    }
    return ProcessingJobRequest.model_validate({**fields, **changes})


def job(job_id: str = "1001", **changes: Any) -> Job:
    fields: dict[str, Any] = {"request": job_request(job_id), "created_at": NOON, "changed_at": NOON}
    return Job.model_validate({**fields, **changes})


def hosting_request(deployment_id: str = "2001", **changes: Any) -> HostingRequest:
    fields: dict[str, Any] = {
        "deployment_id": deployment_id,
        "owner": Owner(context="services", id=deployment_id),
        "scope": SCOPE,
        "image": "serving",
        "model_uri": "s3://data/projects/42/models/5/1",
        "compute_units": 2,
        "copies": 2,
        "revision": 1,
    }
    return HostingRequest.model_validate({**fields, **changes})


def hosting(deployment_id: str = "2001", **changes: Any) -> Hosting:
    fields: dict[str, Any] = {
        "request": hosting_request(deployment_id),
        "created_at": NOON,
        "changed_at": NOON,
    }
    return Hosting.model_validate({**fields, **changes})
