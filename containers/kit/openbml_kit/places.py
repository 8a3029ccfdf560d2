"""Where things lie in a SageMaker container, and what the slot gives it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbml_kit.faults import PlatformFault

# Set by the SageMaker SDK for its own runner; never hyper-parameters of ours.
_RESERVED_PREFIXES = ("sagemaker_", "_tuning")


@dataclass(frozen=True)
class Places:
    """The folders below `/opt/ml`, or below the folder that `SAGEMAKER_BASE_DIR` names in its stead."""

    base: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Places":
        return cls(Path(env.get("SAGEMAKER_BASE_DIR") or "/opt/ml"))

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def output_data(self) -> Path:
        return self.base / "output" / "data"

    @property
    def failure(self) -> Path:
        return self.base / "output" / "failure"

    @property
    def checkpoints(self) -> Path:
        return self.base / "checkpoints"

    def channel(self, name: str) -> Path | None:
        """Return a channel's folder, or None where the job has no such channel."""
        folder = self.base / "input" / "data" / name
        return folder if folder.is_dir() else None

    def hyper_parameters(self) -> dict[str, str]:
        """Return the job's hyper-parameters as sent, less the SDK's reserved ones.

        Raises:
            PlatformFault: the file is missing or is not a flat map of texts.
        """
        path = self.base / "input" / "config" / "hyperparameters.json"
        try:
            document: Any = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise PlatformFault(f"hyperparameters.json cannot be read: {error}") from error
        if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
            raise PlatformFault("hyperparameters.json is not a flat map of texts")
        return {name: value for name, value in document.items() if not name.startswith(_RESERVED_PREFIXES)}


def core_count(env: Mapping[str, str]) -> int:
    """Return the slot's cores: `SM_NUM_CPUS` where it is set, at most what the affinity mask allows."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = env.get("SM_NUM_CPUS", "")
    return max(1, min(allowed, int(told))) if told.isdigit() and int(told) > 0 else allowed
