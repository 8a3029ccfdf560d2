"""A model with all that starting it needs, so that the model itself may be deleted."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

DEFAULT_STARTUP_S = 240

ArtifactKind = Literal["none", "archive", "prefix", "object"]


class Artifact(BaseModel):
    """Files of a model: an archive to unpack, all objects under a prefix, or one object."""

    model_config = ConfigDict(frozen=True)

    kind: ArtifactKind
    uri: str = ""
    key: str = ""  # the exact content, known once it was fetched


class ContainerPlan(BaseModel):
    """One server process of a worker."""

    model_config = ConfigDict(frozen=True)

    hostname: str
    image: str
    environment: dict[str, str]
    artifact: Artifact
    additional: dict[str, Artifact] = {}  # by channel name

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        return (self.artifact, *self.additional.values())

    def fetched(self, fetch: Callable[[Artifact], Artifact]) -> "ContainerPlan":
        return self.model_copy(
            update={
                "artifact": fetch(self.artifact),
                "additional": {name: fetch(one) for name, one in self.additional.items()},
            }
        )


class ModelPlan(BaseModel):
    """What one worker runs: the containers of a model, called in order or singly."""

    model_config = ConfigDict(frozen=True)

    name: str
    containers: tuple[ContainerPlan, ...]
    is_direct: bool = False
    role_arn: str | None = None
    isolated: bool = False
    startup_timeout_s: int = DEFAULT_STARTUP_S
    download_timeout_s: int | None = None  # None: as long as it takes

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        return tuple(one for container in self.containers for one in container.artifacts)

    def fetched(self, fetch: Callable[[Artifact], Artifact]) -> "ModelPlan":
        """Return the same plan with the artifacts that ``fetch`` brought here."""
        return self.model_copy(
            update={"containers": tuple(container.fetched(fetch) for container in self.containers)}
        )


def model_plan(
    name: str,
    model: Mapping[str, Any],
    *,
    startup_timeout_s: int = DEFAULT_STARTUP_S,
    download_timeout_s: int | None = None,
) -> ModelPlan:
    """Make the plan of a CreateModel request."""
    definitions = model.get("Containers") or [model["PrimaryContainer"]]
    return ModelPlan(
        name=name,
        containers=tuple(
            container_plan(one, hostname=_hostname(one, position, len(definitions)))
            for position, one in enumerate(definitions)
        ),
        is_direct=model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct",
        role_arn=model.get("ExecutionRoleArn"),
        isolated=bool(model.get("EnableNetworkIsolation", False)),
        startup_timeout_s=startup_timeout_s,
        download_timeout_s=download_timeout_s,
    )


def container_plan(container: Mapping[str, Any], *, hostname: str = "primary") -> ContainerPlan:
    return ContainerPlan(
        hostname=hostname,
        image=container["Image"],
        environment=container.get("Environment", {}),
        artifact=_artifact(container),
        additional={
            one["ChannelName"]: _s3_artifact(one["S3DataSource"])
            for one in container.get("AdditionalModelDataSources", [])
        },
    )


def _hostname(container: Mapping[str, Any], position: int, count: int) -> str:
    given = container.get("ContainerHostname")
    if given:
        return str(given)
    return "primary" if count == 1 else f"container-{position + 1}"


def _artifact(container: Mapping[str, Any]) -> Artifact:
    if container.get("ModelDataUrl"):
        return Artifact(kind="archive", uri=container["ModelDataUrl"])
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    return _s3_artifact(source) if source else Artifact(kind="none")


def _s3_artifact(source: Mapping[str, Any]) -> Artifact:
    if source["CompressionType"] == "Gzip":
        return Artifact(kind="archive", uri=source["S3Uri"])
    return Artifact(kind="object" if source["S3DataType"] == "S3Object" else "prefix", uri=source["S3Uri"])
