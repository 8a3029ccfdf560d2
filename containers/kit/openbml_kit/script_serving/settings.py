"""The server's settings, from the variables that SageMaker's toolkits have for it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from openbml_kit.faults import UserFault
from openbml_kit.places import Places

_DEFAULT_PROGRAM = "inference.py"
_DEFAULT_ACCEPT = "application/json"
_DEFAULT_MAX_PAYLOAD_MB = 6
_MIB = 1024 * 1024


@dataclass(frozen=True)
class ScriptServingSettings:
    places: Places
    program: str
    submit_directory: str
    workers: int
    timeout_s: float
    default_accept: str
    max_payload_mb: int
    batch_strategy: str
    host: str
    port: int

    @property
    def max_body_bytes(self) -> int | None:
        """None is no limit: a batch job with chunked payloads sends whole objects."""
        return self.max_payload_mb * _MIB or None

    @property
    def model_folder(self) -> Path:
        return self.places.model

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "ScriptServingSettings":
        """Read the settings.

        Raises:
            UserFault: a variable has no usable value.
        """
        places = Places.from_env(env)
        # Outside a container (SAGEMAKER_BASE_DIR) the machine's network must not see the server.
        host = "127.0.0.1" if env.get("SAGEMAKER_BASE_DIR") else "0.0.0.0"  # noqa: S104 - a container's port
        return cls(
            places=places,
            program=env.get("SAGEMAKER_PROGRAM") or _DEFAULT_PROGRAM,
            submit_directory=places.here(env.get("SAGEMAKER_SUBMIT_DIRECTORY") or "/opt/ml/model/code"),
            workers=_whole(env, "SAGEMAKER_MODEL_SERVER_WORKERS", default=1, least=1),
            timeout_s=_whole(env, "SAGEMAKER_MODEL_SERVER_TIMEOUT", default=60, least=1),
            default_accept=env.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or _DEFAULT_ACCEPT,
            max_payload_mb=_whole(
                env, "SAGEMAKER_MAX_PAYLOAD_IN_MB", default=_DEFAULT_MAX_PAYLOAD_MB, least=0
            ),
            batch_strategy=env.get("SAGEMAKER_BATCH_STRATEGY") or "MULTI_RECORD",
            host=env.get("OPENBML_BIND_HOST") or host,
            port=_whole(env, "SAGEMAKER_BIND_TO_PORT", default=8080, least=1),
        )


def _whole(env: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdigit() or int(text) < least:
        raise UserFault(f"{name} is {text!r}; it must be a whole number of at least {least}")
    return int(text)
