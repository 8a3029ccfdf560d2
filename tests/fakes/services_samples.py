"""Services for tests."""

from typing import Any

from openbml.core.scope import ProjectScope
from openbml.services.configurations import Configuration
from openbml.services.deployments import Deployment, HostingReport
from openbml.services.services import Service
from tests.fakes.compute_memory import NOON

SCOPE = ProjectScope(account_id=7, region="us-east-1", project_id=42)


def configuration(**changes: Any) -> Configuration:
    fields: dict[str, Any] = {
        "model_version": 1,
        "model_uri": "s3://data/projects/42/models/3/1/",
        "compute_units": 2,
        "instances": 2,
    }
    return Configuration.model_validate({**fields, **changes})


def deployment(deployment_id: str = "5", **changes: Any) -> Deployment:
    fields = {"deployment_id": deployment_id, "wanted": configuration(), "requested_at": NOON}
    return Deployment.model_validate({**fields, **changes})


def service(service_id: int = 5, **changes: Any) -> Service:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "service_id": service_id,
        "name": f"digits {service_id}",
        "suffix": f"digits-{service_id}",
        "segment": "classification",
        "task_type": "image_classification",
        "model_id": 100 + service_id,
        "machine_type": "SVC_CPU",
        "main": deployment(str(service_id)),
        "created_at": NOON,
    }
    return Service.model_validate({**fields, **changes})


def report(state: str, at: Any, revision: int = 0, **changes: Any) -> HostingReport:
    fields = {"deployment_id": "5", "state": state, "revision": revision, "at": at}
    return HostingReport.model_validate({**fields, **changes})
