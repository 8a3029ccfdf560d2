"""The server's settings, from SageMaker's variables."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from openbml_kit.model_manifest import Precision
from openbml_kit.places import Places, core_count


class ServingSettings(BaseModel):
    """Attributes:
    variant: which of the model's files answers; None: the one that the model's manifest names.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    places: Places
    cores: int = Field(ge=1)
    host: str = "0.0.0.0"  # noqa: S104 - a container's port is reached from outside it
    port: int = Field(default=8080, ge=1, le=65535)
    max_body_bytes: int = Field(default=6 * 1024 * 1024, ge=1)
    body_timeout_s: float = Field(default=30.0, gt=0)
    drain_timeout_s: int = Field(default=60, gt=0)
    variant: Precision | None = None

    @property
    def max_waiting(self) -> int:
        """Requests that may wait for a core; more would time out before their turn."""
        return 128 * self.cores

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "ServingSettings":
        given: dict[str, object] = {"places": Places.from_env(env), "cores": core_count(env)}
        # Outside a container (SAGEMAKER_BASE_DIR) the machine's network must not see the server.
        if "SAGEMAKER_BASE_DIR" in env:
            given["host"] = "127.0.0.1"
        if host := env.get("OPENBML_BIND_HOST"):
            given["host"] = host
        if port := env.get("SAGEMAKER_BIND_TO_PORT"):
            given["port"] = port
        if megabytes := env.get("SAGEMAKER_MAX_PAYLOAD_IN_MB"):
            given["max_body_bytes"] = int(megabytes) * 1024 * 1024
        if timeout := env.get("SAGEMAKER_MODEL_SERVER_TIMEOUT"):
            given["drain_timeout_s"] = timeout
        if variant := env.get("OPENBML_MODEL_VARIANT"):
            given["variant"] = variant
        return cls.model_validate(given)
