"""The server's settings, from SageMaker's variables and our own."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_kit.faults import UserFault
from openbml_kit.http_server.limits import HttpLimits
from openbml_kit.model_manifest import Precision
from openbml_kit.places import Places, core_count

_MEGABYTE = 1024 * 1024


class ServingSettings(BaseModel):
    """Attributes:
    variant: which of the model's files answers; None: the one that the model's manifest names.
    max_wait_s: a request that would wait longer for its turn is refused.
    hang_timeout_s: an inference that takes longer is answered as failed; no one waits for it any more.
    recovery_timeout_s: how long after that the process waits for the inference before it ends.
    compute_at_once: small models are computed on the loop's thread.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    places: Places
    cores: int = Field(ge=1)
    host: str = "0.0.0.0"  # noqa: S104 - a container's port is reached from outside it
    port: int = Field(default=8080, ge=0, le=65535)
    max_body_bytes: int = Field(default=6 * _MEGABYTE, ge=1)
    max_connections: int = Field(default=10_240, ge=1)
    body_timeout_s: float = Field(default=30.0, gt=0)
    drain_timeout_s: float = Field(default=60.0, gt=0)
    max_wait_s: float = Field(default=20.0, gt=0)
    hang_timeout_s: float = Field(default=45.0, gt=0)
    recovery_timeout_s: float = Field(default=30.0, gt=0)
    compute_at_once: bool = True
    variant: Precision | None = None

    @property
    def max_waiting(self) -> int:
        """Requests that may wait for a core; more would time out before their turn."""
        return 128 * self.cores

    @property
    def http(self) -> HttpLimits:
        return HttpLimits(
            max_body_bytes=self.max_body_bytes,
            max_discarded_bytes=max(32 * _MEGABYTE, self.max_body_bytes),
            max_connections=self.max_connections,
            body_timeout_s=self.body_timeout_s,
        )

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "ServingSettings":
        """
        Raises:
            UserFault: a variable has a value that it cannot have.
        """
        given: dict[str, object] = {"places": Places.from_env(env), "cores": core_count(env)}
        # Outside a container (SAGEMAKER_BASE_DIR) the machine's network must not see the server.
        if "SAGEMAKER_BASE_DIR" in env:
            given["host"] = "127.0.0.1"
        if megabytes := env.get("SAGEMAKER_MAX_PAYLOAD_IN_MB"):
            given["max_body_bytes"] = int(megabytes) * _MEGABYTE if megabytes.isdecimal() else megabytes
        given |= {name: env[variable] for variable, name in _VARIABLES.items() if env.get(variable)}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise UserFault(f"the settings of the server are wrong: {error}") from error


_VARIABLES = {
    "OPENBML_BIND_HOST": "host",
    "SAGEMAKER_BIND_TO_PORT": "port",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT": "drain_timeout_s",
    "OPENBML_MODEL_VARIANT": "variant",
    "OPENBML_SERVING_MAX_CONNECTIONS": "max_connections",
    "OPENBML_SERVING_BODY_TIMEOUT_S": "body_timeout_s",
    "OPENBML_SERVING_MAX_WAIT_S": "max_wait_s",
    "OPENBML_SERVING_HANG_TIMEOUT_S": "hang_timeout_s",
    "OPENBML_SERVING_RECOVERY_TIMEOUT_S": "recovery_timeout_s",
    "OPENBML_SERVING_COMPUTE_AT_ONCE": "compute_at_once",
}
