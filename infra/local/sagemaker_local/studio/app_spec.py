"""How the process of an app is started."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.capacity.machine import Slot
from sagemaker_local.processes.job_environment import (
    Place,
    Runtime,
    access_variables,
    merged,
    service_variables,
)
from sagemaker_local.processes.launcher import Mount, ProcessSpec
from sagemaker_local.processes.limits import Limits
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.state.processes import ProcessRecord
from sagemaker_local.studio.app_image_configs import HOME
from sagemaker_local.studio.apps import App

#: Jupyter ends its kernels first; what is not gone by then is killed.
STOP_GRACE_S = 10.0


def server_token(record: ProcessRecord) -> str:
    """What the proxy shows to the app: loopback is shared with jobs, so the app must not trust it."""
    secret = (record.credentials_token or "").encode()
    return hmac.new(secret, b"app server", hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class AppSpec:
    app: App
    runtime: Runtime
    slot: Slot
    home: Path
    mode: str
    endpoint_url: str
    engine_url: str
    max_tasks: int

    def make(self, record: ProcessRecord) -> ProcessSpec:
        place = Place(self.mode, Path(record.run_dir), Path(record.run_dir) / "ml")
        for folder in (place.temporary, place.root / "metadata"):
            folder.mkdir(parents=True, exist_ok=True)
        metadata = place.root / "metadata" / "resource-metadata.json"
        metadata.write_text(json.dumps(self._metadata()))
        mounts = place.mounts(self.runtime.visible)
        if self.mode == NAMESPACES:
            mounts.append(Mount(str(self.home), HOME, read_only=False))
        home = HOME if self.mode == NAMESPACES else str(self.home)
        return ProcessSpec(
            argv=[place.rewrite(word) for word in self.runtime.command(self.runtime.entry.app)],
            env=self._variables(place, record, home),
            cwd=home,
            mode=self.mode,
            grace_s=STOP_GRACE_S,
            limits=Limits(tasks=self.max_tasks),  # memory is watched elsewhere, which spares Jupyter itself
            mounts=mounts,
        )

    def _variables(self, place: Place, record: ProcessRecord, home: str) -> dict[str, str]:
        access = access_variables(
            endpoint_url=self.endpoint_url,
            credentials_url=f"{self.engine_url}/_local/credentials/{record.process_id}",
            token=record.credentials_token or "",
        )
        server = {
            "HOME": home,
            "AWS_ENDPOINT_URL_SAGEMAKER": self.engine_url,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.engine_url,
            "SAGEMAKER_APP_TYPE": self.app.app_type,
            "SAGEMAKER_SPACE_NAME": self.app.space_name,
            "SAGEMAKER_APP_BASE_URL": self.app.base_url,
            "SAGEMAKER_BIND_TO_ADDRESS": "127.0.0.1",
            "SAGEMAKER_BIND_TO_PORT": str(record.port),
            "SAGEMAKER_RECOVERY_MODE": "true" if self.app.recovery_mode else "false",
            "JUPYTER_TOKEN": server_token(record),
        }
        return merged(
            self.runtime.variables(place),
            self.slot.variables(),
            self.app.plan.environment,
            place.variables(),
            service_variables(region=self.app.region, run_id=record.process_id),
            access,
            server,
        )

    def _metadata(self) -> dict[str, str]:
        return {
            "AppType": self.app.app_type,
            "DomainId": self.app.domain_id,
            "SpaceName": self.app.space_name,
            "ExecutionRoleArn": self.app.plan.role_arn,
            "ResourceArn": self.app.arn,
            "ResourceName": self.app.app_name,
        }
