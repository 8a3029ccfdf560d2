"""How the process of a container is started (contract section 6.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.capacity.machine import Slot
from sagemaker_local.hosting import relay
from sagemaker_local.hosting.artifact_cache import ArtifactCache, ArtifactError
from sagemaker_local.hosting.model_plans import Artifact, ContainerPlan, ModelPlan
from sagemaker_local.hosting.relay_front import SOCKET
from sagemaker_local.images.registry import ImageError
from sagemaker_local.images.resolver import Images
from sagemaker_local.processes.job_environment import (
    Place,
    Runtime,
    access_variables,
    merged,
    service_variables,
)
from sagemaker_local.processes.launcher import Mount, ProcessSpec
from sagemaker_local.processes.modes import NAMESPACES
from sagemaker_local.settings import Settings
from sagemaker_local.state.processes import ProcessRecord

_ADDITIONAL = "additional-model-data-sources"
_CONTRACT_PORT = 8080
_RELAY_FOLDER = "/run/sagemaker-local"
_RELAY_MODULE = "/run/sagemaker-local.py"


@dataclass(frozen=True)
class ServingPlace:
    """What all workers of an engine share."""

    mode: str
    endpoint_url: str
    engine_url: str
    port_range: str
    grace_s: float
    max_tasks: int


def serving_place(settings: Settings, mode: str) -> ServingPlace:
    return ServingPlace(
        mode=mode,
        endpoint_url=settings.endpoint_url,
        engine_url=settings.url,
        port_range=f"{settings.worker_port_first}-{settings.worker_port_last}",
        grace_s=settings.drain_s,
        max_tasks=settings.max_tasks,
    )


@dataclass(frozen=True)
class WorkerSpecs:
    """One container of a model, ready to be started any number of times."""

    container: ContainerPlan
    model: ModelPlan
    runtime: Runtime
    slot: Slot
    artifacts: ArtifactCache
    place: ServingPlace
    region: str
    cores: Sequence[int] = ()  # none: all

    @property
    def startup_timeout_s(self) -> int:
        return self.model.startup_timeout_s

    @property
    def role_arn(self) -> str | None:
        """The role whose credentials the container may fetch; without a network it cannot."""
        return None if self.model.isolated else self.model.role_arn

    @property
    def is_relayed(self) -> bool:
        """True when the container has a network of its own, in which it may bind the contract's port."""
        is_private = self.model.isolated or not self.runtime.entry.binds_port
        return self.place.mode == NAMESPACES and is_private

    def problem(self) -> str | None:
        """Say why this machine cannot run the container as it must be run."""
        if self.place.mode != NAMESPACES and not self.runtime.entry.binds_port:
            return (
                f"image {self.container.image} listens on port {_CONTRACT_PORT} only, which needs a private "
                "network; this engine runs without namespaces (SML_MODE)"
            )
        return None

    def opt_ml(self, run_dir: Path) -> str:
        """Return where the container finds its tree."""
        return Place(self.place.mode, run_dir, run_dir / "ml").opt_ml

    def relay_folder(self, record: ProcessRecord) -> Path:
        return Path(record.run_dir) / "relay"

    def spec(self, record: ProcessRecord) -> ProcessSpec:
        """Prepare the folders of one process and return how it is started."""
        root = Path(record.run_dir) / "ml"
        place = Place(self.place.mode, Path(record.run_dir), root)
        for folder in (place.temporary, root / "output", root / "tmp", root / "code"):
            folder.mkdir(parents=True, exist_ok=True)
        mounts = [*place.mounts(self.runtime.visible), *self._model_mounts(root)]
        command = [place.rewrite(word) for word in self.runtime.command(self.runtime.entry.serve)]
        if self.is_relayed:
            self.relay_folder(record).mkdir(exist_ok=True)
            mounts += [
                Mount(str(self.relay_folder(record)), _RELAY_FOLDER, read_only=False),
                Mount(relay.__file__, _RELAY_MODULE, read_only=True),
            ]
            python = str(self.runtime.environment.python)
            command = [
                python,
                "-I",
                "-S",
                _RELAY_MODULE,
                f"{_RELAY_FOLDER}/{SOCKET}",
                str(_CONTRACT_PORT),
                *command,
            ]
        return ProcessSpec(
            argv=command,
            env=self._variables(place, record),
            cwd=place.opt_ml,
            mode=self.place.mode,
            grace_s=self.place.grace_s,
            limits=self.slot.limits(max_tasks=self.place.max_tasks, cores=self.cores),
            mounts=mounts,
            private_network=self.is_relayed,
        )

    def _model_mounts(self, root: Path) -> list[Mount]:
        """Artefacts are shared by all workers: mounted read-only, or linked without namespaces."""
        found: list[Mount] = []
        for relative, artifact in self._artifact_places().items():
            target = root / relative
            source = self._folder_of(artifact)
            target.parent.mkdir(parents=True, exist_ok=True)
            if self.place.mode == NAMESPACES:
                target.mkdir(exist_ok=True)
                found.append(Mount(str(source), f"/opt/ml/{relative}", read_only=True))
            elif not target.is_symlink():
                target.symlink_to(source)
        return found

    def _folder_of(self, artifact: Artifact) -> Path:
        """Return where an artefact lies; one that vanished from the cache is fetched again."""
        found = self.artifacts.fetch(
            artifact, role_arn=self.model.role_arn, region=self.region, owner=self.model.name
        )
        if found.key != artifact.key:
            raise ArtifactError(
                f"{artifact.uri} is no longer what was deployed, and the copy kept here is gone"
            )
        return self.artifacts.folder_of(artifact.key)

    def _artifact_places(self) -> dict[str, Artifact]:
        additional = self.container.additional
        return {
            "model": self.container.artifact,
            **{f"{_ADDITIONAL}/{name}": one for name, one in additional.items()},
        }

    def _variables(self, place: Place, record: ProcessRecord) -> dict[str, str]:
        access: Mapping[str, str] = {}
        if record.role_arn is not None:
            access = access_variables(
                endpoint_url=self.place.endpoint_url,
                credentials_url=f"{self.place.engine_url}/_local/credentials/{record.process_id}",
                token=record.credentials_token or "",
            )
        port = _CONTRACT_PORT if self.is_relayed else record.port
        return merged(
            self.runtime.variables(),
            self.slot.variables(),
            self.container.environment,
            place.variables(),
            service_variables(region=self.region, run_id=record.process_id),
            access,
            {"SAGEMAKER_BIND_TO_PORT": str(port), "SAGEMAKER_SAFE_PORT_RANGE": self.place.port_range},
        )


@dataclass(frozen=True)
class SpecMaker:
    """Prepares the containers of models, whoever runs them."""

    images: Images
    artifacts: ArtifactCache
    place: ServingPlace

    def make(self, model: ModelPlan, slot: Slot, region: str) -> tuple[WorkerSpecs, ...]:
        """Return one spec per container; blocking, because it may build an environment.

        Raises:
            ImageError: an image has no local environment, that cannot be built, or it cannot run here.
        """
        specs = tuple(
            WorkerSpecs(
                container=container,
                model=model,
                runtime=self.images.runtime(container.image, "serve"),
                slot=slot,
                artifacts=self.artifacts,
                place=self.place,
                region=region,
            )
            for container in model.containers
        )
        for one in specs:
            if (problem := one.problem()) is not None:
                raise ImageError(problem)
        return specs
