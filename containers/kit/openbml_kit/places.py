"""Where things lie in a SageMaker container, and what the slot gives it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbml_kit.faults import PlatformFault

_OPT_ML = "/opt/ml/"
# Set by the SageMaker SDK for its own runner; never hyper-parameters of ours.
_RESERVED_PREFIXES = ("sagemaker_", "_tuning")


@dataclass(frozen=True)
class Places:
    """The folders below `/opt/ml`, or below the folder that `SAGEMAKER_BASE_DIR` names in its stead."""

    base: Path

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Places":
        return cls(Path(env.get("SAGEMAKER_BASE_DIR") or "/opt/ml"))

    def here(self, path: str) -> str:
        """Return where a path that is written as `/opt/ml/...` lies; any other stays as it is."""
        return str(self.base / path[len(_OPT_ML) :]) if path.startswith(_OPT_ML) else path

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def code(self) -> Path:
        return self.base / "code"

    @property
    def input_config(self) -> Path:
        return self.base / "input" / "config"

    @property
    def input_data(self) -> Path:
        return self.base / "input" / "data"

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
        folder = self.input_data / name
        return folder if folder.is_dir() else None

    def channels(self) -> list[str]:
        """Return the channels' names, sorted; the FIFOs of pipe mode are no folders and are left out."""
        if not self.input_data.is_dir():
            return []
        return sorted(folder.name for folder in self.input_data.iterdir() if folder.is_dir())

    def configuration(self, name: str) -> dict[str, Any]:
        """Return a document of `input/config`, empty where there is none.

        Raises:
            PlatformFault: it is there and is not a JSON object.
        """
        path = self.input_config / name
        return read_object(path) if path.exists() else {}

    def sent_hyper_parameters(self) -> dict[str, str]:
        """Return the job's hyper-parameters as sent.

        Raises:
            PlatformFault: the file is missing or is not a flat map of texts.
        """
        document = read_object(self.input_config / "hyperparameters.json")
        if not all(isinstance(value, str) for value in document.values()):
            raise PlatformFault("hyperparameters.json is not a flat map of texts")
        return document

    def hyper_parameters(self) -> dict[str, str]:
        """Return the job's hyper-parameters as sent, less the SDK's reserved ones.

        Raises:
            PlatformFault: the file is missing or is not a flat map of texts.
        """
        return {name: value for name, value in self.sent_hyper_parameters().items() if not is_reserved(name)}


def is_reserved(name: str) -> bool:
    return name.startswith(_RESERVED_PREFIXES)


def read_object(path: Path) -> dict[str, Any]:
    """Return a JSON file's object.

    Raises:
        PlatformFault: the file is missing or is not a JSON object.
    """
    try:
        document: Any = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise PlatformFault(f"{path.name} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise PlatformFault(f"{path.name} is not a JSON object")
    return document


def core_count(env: Mapping[str, str]) -> int:
    """Return the slot's cores, at most what the affinity mask allows.

    `SM_NUM_CPUS` tells them where a runner set it, else the local engine's `SML_NUM_CPUS`.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = env.get("SM_NUM_CPUS") or env.get("SML_NUM_CPUS") or ""
    return max(1, min(allowed, int(told))) if told.isdigit() and int(told) > 0 else allowed


def gpu_count(env: Mapping[str, str]) -> int:
    told = env.get("SML_NUM_GPUS", "")
    if told.isdigit():
        return int(told)
    return len([device for device in Path("/dev").glob("nvidia[0-9]*") if device.name[6:].isdigit()])


def neuron_count() -> int:
    return len(list(Path("/dev").glob("neuron[0-9]*")))
