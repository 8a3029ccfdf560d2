"""Settings of the engine: ``SML_*`` variables and the ``AWS_*`` ones that name the emulator."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sagemaker_local.inputs.file_systems import parse_file_systems
from sagemaker_local.processes.docker import DockerClient
from sagemaker_local.processes.overlay import PackageSource

_REPOSITORY = Path(__file__).resolve().parents[3]
_PACKAGE = Path(__file__).resolve().parent

Mode = Literal["auto", "ns", "base-dir", "docker"]


class SettingsError(Exception):
    """A variable is missing or has a value that cannot be used."""


def parse_access_keys(text: str) -> dict[str, str]:
    """Read ``KEY:SECRET[,KEY:SECRET..]``. Raises ValueError."""
    keys = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        key, separator, secret = part.partition(":")
        if not separator or not key or not secret:
            raise ValueError("each entry must be KEY:SECRET")
        keys[key] = secret
    return keys


def _checked_keys(text: str) -> str:
    parse_access_keys(text)
    return text


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=4570, ge=1, le=65535)
    allow_remote: bool = False
    state_dir: Path = Path(".openbml/sagemaker")
    repository: Path = _REPOSITORY
    images_file: Path = _PACKAGE / "images" / "default_images.yaml"
    envs_dir: Path = _REPOSITORY / ".envs"
    account_id: str = Field(default="000000000000", pattern=r"^\d{12}$")
    region: str = "us-east-1"
    endpoint_url: str = "http://127.0.0.1:4566"
    access_key_id: str = "test"
    secret_access_key: str = "test"  # noqa: S105 - the emulator's well-known default
    session_token: str | None = None
    mode: Mode = "auto"
    docker: str = "docker"
    docker_host: str | None = None
    stop_grace_s: float = Field(default=120.0, ge=0)
    shutdown_grace_s: float = Field(default=40.0, ge=0)
    checkpoint_sync_s: float = Field(default=15.0, gt=0, le=30)
    max_batch_jobs: int = Field(default=2, ge=1)
    machine_cpus: int | None = Field(default=None, ge=1)
    machine_memory_mib: int | None = Field(default=None, ge=256)
    strict_gpu: bool = False
    strict_capacity: bool = False
    oversubscribe: float = Field(default=2.0, ge=1.0, le=100.0)
    instance_map: str | None = None
    max_tasks: int = Field(default=2048, ge=16)
    metrics_s: float = Field(default=60.0, gt=0)
    access_keys: Annotated[str, AfterValidator(_checked_keys)] = Field(default="", repr=False)
    worker_port_first: int = Field(default=20000, ge=1024, le=65535)
    worker_port_last: int = Field(default=20999, ge=1024, le=65535)
    invocation_timeout_s: float = Field(default=60.0, gt=0)
    stream_timeout_s: float = Field(default=480.0, gt=0)
    traffic_metrics_s: float = Field(default=60.0, gt=0)
    capture_flush_s: float = Field(default=60.0, gt=0)
    capture_flush_bytes: int = Field(default=1024 * 1024, ge=1)
    startup_timeout_s: float = Field(default=240.0, gt=0)
    ping_interval_s: float = Field(default=5.0, gt=0)
    drain_s: float = Field(default=30.0, ge=0)
    idle_s: float = Field(default=300.0, gt=0)
    max_body_bytes: int = Field(default=25 * 1024 * 1024, ge=1)
    allow_requirements: bool = False
    requirements_index: str | None = None
    requirements_wheels: Path | None = None
    object_cache_mib: int = Field(default=4096, ge=0)
    file_systems: dict[str, Path] = Field(default_factory=dict)
    strict: bool = False
    test_hooks: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        values: dict[str, object] = {
            name: env[variable] for variable, name in _VARIABLES.items() if env.get(variable)
        }
        if "SML_WORKER_PORTS" in env:
            first, _, last = env["SML_WORKER_PORTS"].partition("-")
            values |= {"worker_port_first": first, "worker_port_last": last or first}
        if env.get("SML_FILE_SYSTEMS"):
            try:
                values["file_systems"] = parse_file_systems(env["SML_FILE_SYSTEMS"])
            except ValueError as error:
                raise SettingsError(f"SML_FILE_SYSTEMS: {error}") from error
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError(_explain(error)) from error
        if settings.host not in ("127.0.0.1", "localhost", "::1") and not settings.allow_remote:
            raise SettingsError(
                f"SML_HOST={settings.host} would open the engine to other machines, and it runs what it is "
                "told to run; set SML_ALLOW_REMOTE=1 to do that on purpose"
            )
        if settings.allow_remote and not settings.signing_keys:
            raise SettingsError(
                "SML_ALLOW_REMOTE=1 needs SML_ACCESS_KEYS=KEY:SECRET[,KEY:SECRET..]: whoever reaches the "
                "engine runs code on this machine, so every call must be signed with one of them"
            )
        if settings.worker_port_last < settings.worker_port_first:
            raise SettingsError("SML_WORKER_PORTS must be FIRST-LAST with FIRST <= LAST")
        return settings

    @property
    def docker_client(self) -> DockerClient:
        return DockerClient(self.docker, self.docker_host)

    @property
    def packages(self) -> PackageSource | None:
        """Where packages of jobs come from; None where jobs may not bring their own."""
        if not self.allow_requirements:
            return None
        return PackageSource(self.requirements_index, self.requirements_wheels)

    @property
    def signing_keys(self) -> dict[str, str]:
        """Access key to secret; calls must be signed with one of them unless there are none."""
        return parse_access_keys(self.access_keys)

    @property
    def database_file(self) -> Path:
        return self.state_dir / "engine.sqlite3"

    @property
    def runs_dir(self) -> Path:
        return self.state_dir / "runs"

    @property
    def models_dir(self) -> Path:
        return self.state_dir / "models"

    @property
    def token_file(self) -> Path:
        return self.state_dir / "admin-token"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


_VARIABLES = {
    "SML_HOST": "host",
    "SML_PORT": "port",
    "SML_ALLOW_REMOTE": "allow_remote",
    "SML_STATE_DIR": "state_dir",
    "SML_REPOSITORY": "repository",
    "SML_IMAGES": "images_file",
    "SML_ENVS": "envs_dir",
    "SML_ACCOUNT_ID": "account_id",
    "AWS_REGION": "region",
    "AWS_ENDPOINT_URL": "endpoint_url",
    "AWS_ACCESS_KEY_ID": "access_key_id",
    "AWS_SECRET_ACCESS_KEY": "secret_access_key",
    "AWS_SESSION_TOKEN": "session_token",
    "SML_MODE": "mode",
    "SML_DOCKER": "docker",
    "SML_DOCKER_HOST": "docker_host",
    "SML_STOP_GRACE_S": "stop_grace_s",
    "SML_SHUTDOWN_GRACE_S": "shutdown_grace_s",
    "SML_CHECKPOINT_SYNC_S": "checkpoint_sync_s",
    "SML_MAX_BATCH_JOBS": "max_batch_jobs",
    "SML_MACHINE_CPUS": "machine_cpus",
    "SML_MACHINE_MEMORY_MIB": "machine_memory_mib",
    "SML_STRICT_GPU": "strict_gpu",
    "SML_STRICT_CAPACITY": "strict_capacity",
    "SML_OVERSUBSCRIBE": "oversubscribe",
    "SML_INSTANCE_MAP": "instance_map",
    "SML_MAX_TASKS": "max_tasks",
    "SML_METRICS_S": "metrics_s",
    "SML_ACCESS_KEYS": "access_keys",
    "SML_INVOCATION_TIMEOUT_S": "invocation_timeout_s",
    "SML_STREAM_TIMEOUT_S": "stream_timeout_s",
    "SML_TRAFFIC_METRICS_S": "traffic_metrics_s",
    "SML_CAPTURE_FLUSH_S": "capture_flush_s",
    "SML_CAPTURE_FLUSH_BYTES": "capture_flush_bytes",
    "SML_STARTUP_TIMEOUT_S": "startup_timeout_s",
    "SML_PING_INTERVAL_S": "ping_interval_s",
    "SML_DRAIN_S": "drain_s",
    "SML_IDLE_S": "idle_s",
    "SML_MAX_BODY_BYTES": "max_body_bytes",
    "SML_ALLOW_REQUIREMENTS": "allow_requirements",
    "SML_REQUIREMENTS_INDEX": "requirements_index",
    "SML_REQUIREMENTS_WHEELS": "requirements_wheels",
    "SML_OBJECT_CACHE_MIB": "object_cache_mib",
    "SML_STRICT": "strict",
    "SML_TEST": "test_hooks",
}


def _explain(error: ValidationError) -> str:
    names = {name: variable for variable, name in _VARIABLES.items()}
    problems = []
    for item in error.errors():
        field = str(item["loc"][0]) if item["loc"] else "settings"
        problems.append(f"{names.get(field, 'SML_WORKER_PORTS')}: {item['msg']}")
    return "; ".join(problems)
