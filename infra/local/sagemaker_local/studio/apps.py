"""An app of a space: its states, and what it was decided to run on when it was created."""

import sqlite3
from typing import Any

from pydantic import BaseModel, ConfigDict

from sagemaker_local.protocol.arns import APP
from sagemaker_local.protocol.control import epoch
from sagemaker_local.state import resources
from sagemaker_local.state.resources import Record

#: States in which there is, or soon will be, a process.
LIVE = ("Pending", "InService", "Deleting")
_REMEMBERED_S = 24 * 3600.0


class AppPlan(BaseModel):
    """What the process of an app is made from; fixed when the app is created."""

    model_config = ConfigDict(frozen=True)

    image: str
    instance_type: str
    role_arn: str
    space_key: str
    volume_gib: int
    environment: dict[str, str] = {}
    idle_timeout_s: float | None = None


class App(BaseModel):
    model_config = ConfigDict(frozen=True)

    arn: str
    region: str
    domain_id: str
    space_name: str
    app_type: str
    app_name: str
    status: str
    created_at: float
    modified_at: float
    resource_spec: dict[str, str]
    recovery_mode: bool | None = None
    plan: AppPlan
    failure_reason: str | None = None

    @property
    def base_url(self) -> str:
        return base_url(self.domain_id, self.space_name)

    @property
    def log_stream(self) -> str:
        return f"{self.domain_id}/{self.space_name}/{self.app_type}/{self.app_name}"

    def with_status(self, status: str, at: float, failure_reason: str | None = None) -> "App":
        reason = failure_reason[:1024] if failure_reason else None
        return self.model_copy(update={"status": status, "modified_at": at, "failure_reason": reason})

    def is_forgotten(self, now: float) -> bool:
        """A deleted app stays visible for a day, as in the cloud."""
        return self.status == "Deleted" and now - self.modified_at > _REMEMBERED_S

    def record(self) -> Record:
        return Record(
            self.arn,
            APP,
            self.app_name,
            self.status,
            self.created_at,
            self.modified_at,
            self.model_dump_json(),
        )

    def summary(self) -> dict[str, Any]:
        return {
            "DomainId": self.domain_id,
            "SpaceName": self.space_name,
            "AppType": self.app_type,
            "AppName": self.app_name,
            "Status": self.status,
            "CreationTime": epoch(self.created_at),
            "ResourceSpec": self.resource_spec,
        }


def base_url(domain_id: str, space_name: str) -> str:
    """Where the engine shows the lab of a space."""
    return f"/studio/{domain_id}/spaces/{space_name.lower()}/jupyterlab/default"


def from_record(record: Record) -> App:
    return App.model_validate_json(record.doc)


def load(connection: sqlite3.Connection, arn: str) -> App | None:
    record = resources.get(connection, arn)
    return from_record(record) if record else None


def all_below(connection: sqlite3.Connection, arn_prefix: str) -> list[App]:
    records = resources.all_of(connection, APP)
    return [from_record(record) for record in records if record.arn.startswith(arn_prefix)]


def all_live(connection: sqlite3.Connection) -> list[App]:
    return [from_record(record) for record in resources.all_of(connection, APP, LIVE)]
