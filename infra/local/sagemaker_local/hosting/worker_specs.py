"""How the process of a worker is started (contract section 6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.capacity.machine import Slot
from sagemaker_local.hosting.artifact_cache import ArtifactCache
from sagemaker_local.hosting.endpoints import VariantPlan
from sagemaker_local.processes.job_environment import (
    Place,
    Runtime,
    access_variables,
    merged,
    service_variables,
)
from sagemaker_local.processes.launcher import Mount, ProcessSpec
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.state.processes import ProcessRecord


@dataclass(frozen=True)
class WorkerSpecs:
    plan: VariantPlan
    runtime: Runtime
    slot: Slot
    artifacts: ArtifactCache
    mode: str
    region: str
    endpoint_url: str
    engine_url: str
    port_range: str
    grace_s: float
    max_tasks: int

    def spec(self, record: ProcessRecord) -> ProcessSpec:
        root = Path(record.run_dir) / "ml"
        place = Place(self.mode, Path(record.run_dir), root)
        for folder in (place.temporary, root / "output", root / "tmp", root / "code"):
            folder.mkdir(parents=True, exist_ok=True)
        mounts = [*place.mounts(self.runtime.visible)]
        if self.mode == NAMESPACES:
            (root / "model").mkdir(exist_ok=True)
            mounts.append(Mount(str(self._model_folder), "/opt/ml/model", read_only=True))
        elif not (root / "model").is_symlink():
            (root / "model").symlink_to(self._model_folder)
        return ProcessSpec(
            argv=[place.rewrite(word) for word in self.runtime.command(self.runtime.entry.serve)],
            env=self._variables(place, record),
            cwd=place.opt_ml,
            mode=self.mode,
            grace_s=self.grace_s,
            limits=self.slot.limits(max_tasks=self.max_tasks),
            mounts=mounts,
        )

    @property
    def _model_folder(self) -> Path:
        return self.artifacts.folder_of(self.plan.artifact_key)

    def _variables(self, place: Place, record: ProcessRecord) -> dict[str, str]:
        access: Mapping[str, str] = {}
        if record.role_arn is not None:
            access = access_variables(
                endpoint_url=self.endpoint_url,
                credentials_url=f"{self.engine_url}/_local/credentials/{record.process_id}",
                token=record.credentials_token or "",
            )
        ports = {"SAGEMAKER_BIND_TO_PORT": str(record.port), "SAGEMAKER_SAFE_PORT_RANGE": self.port_range}
        return merged(
            self.runtime.variables(),
            self.slot.variables(),
            self.plan.environment,
            place.variables(),
            service_variables(region=self.region, run_id=record.process_id),
            access,
            ports,
        )
