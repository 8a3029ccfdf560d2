"""Where the local cloud lives and listens. The only module here that reads the environment for settings."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

REPOSITORY = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"

# Names of tools and libraries (not ours) that a child process may see; everything else stays out, so that
# the caller's AWS account, profiles and Python path can never leak into the local cloud.
INHERITED = (
    "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TZ", "USER",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
)  # fmt: skip
INHERITED_PREFIXES = ("PIP_", "UV_", "SML_", "OPENBML_")


class Ports(BaseModel):
    model_config = ConfigDict(frozen=True)

    ministack: int = Field(default=4566, ge=1, le=65535)
    engine: int = Field(default=4567, ge=1, le=65535)
    gateway: int = Field(default=8080, ge=1, le=65535)


class Cloud(BaseModel):
    """What a program must know to talk to the local cloud as if it were an account."""

    model_config = ConfigDict(frozen=True)

    ports: Ports = Ports()
    region: str = "us-east-1"
    # MiniStack's root caller; the account is 000000000000. Only reachable from this machine.
    access_key_id: str = "test"
    secret_access_key: str = "test"  # noqa: S105 - the emulator's well-known default
    admin_email: str = "admin@openbml.local"
    stack_name: str = "openbml"
    # Off: nothing can be trained or served, everything else works.
    with_engine: bool = True
    stage: str = "local"

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.ports.ministack}"

    @property
    def engine_endpoint(self) -> str:
        """Where callers reach the engine; ``OPENBML_ENGINE_URL`` puts a recording proxy in between."""
        return os.environ.get("OPENBML_ENGINE_URL") or f"http://{HOST}:{self.ports.engine}"

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.ports.gateway}"

    def environment(self) -> dict[str, str]:
        """The variables of `bml env`, also given to every component."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER": self.engine_endpoint,
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": self.engine_endpoint,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "OPENBML_URL": self.url,
        }


def default_state_directory(env: Mapping[str, str] = os.environ) -> Path:
    return Path(env.get("OPENBML_STATE_DIR", ".openbml")).expanduser().absolute()


def inherited_environment(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment without AWS settings, Python paths and the like.

    A proxy of the caller's is kept for package indexes and never asked for this machine's own addresses.
    """
    kept = {
        name: value for name, value in env.items() if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    for name in ("NO_PROXY", "no_proxy"):
        if any(other.lower().endswith("_proxy") for other in kept):
            kept[name] = ",".join(filter(None, (kept.get(name), HOST, "localhost")))
    return kept


def environments_directory(env: Mapping[str, str] = os.environ) -> Path:
    return Path(env.get("OPENBML_ENVS_DIR", str(REPOSITORY / ".envs"))).absolute()


def iam_evaluated(env: Mapping[str, str] = os.environ) -> bool:
    """Whether MiniStack checks permissions as AWS does; `OPENBML_LOCAL_AUTH=false` turns it off."""
    return env.get("OPENBML_LOCAL_AUTH", "true").lower() != "false"
