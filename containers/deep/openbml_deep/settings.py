"""A job's settings: the checked hyper-parameters as one typed object."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from openbml_catalog.augmentation.settings import (
    AugmentationError,
    AugmentationSettings,
    parse_augmentation,
)
from openbml_catalog.networks import (
    HyperParameterError,
    Network,
    UnknownTaskError,
    networks,
    parse_hyper_parameters,
)
from openbml_kit.faults import UserFault

# They say where and how long a job runs, not what it computes: a resumed job may have others.
_NOT_OF_THE_RESULT = frozenset({"run_id", "max_training_time_s"})


class TrainingSettings(BaseModel):
    """Ranges are declared in the catalogue; this only gives the values their types."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: Literal["image_classification"]
    network: str
    labels: list[str] = Field(min_length=2)
    run_id: str
    max_training_time_s: int
    augmentation: AugmentationSettings
    epochs: int
    batch_size: int
    learning_rate: float
    input_size: int
    holdout_fraction: float
    seed: int
    weights: Literal["auto", "none"]
    weights_family: str
    optimizer: Literal["adamw", "sgd"]
    weight_decay: float
    warmup_epochs: float
    label_smoothing: float
    mixup_alpha: float
    ema_decay: float

    @property
    def catalogue_network(self) -> Network:
        return networks(self.task)[self.network]

    def fingerprint(self, *snapshot_ids: str) -> str:
        """Return a digest of all that decides the result: a check-point of another one is not continued."""
        decisive: dict[str, Any] = self.model_dump(mode="json", exclude=set(_NOT_OF_THE_RESULT))
        text = json.dumps([decisive, snapshot_ids], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read_settings(hyper_parameters: Mapping[str, str]) -> TrainingSettings:
    """Return the job's settings.

    Raises:
        UserFault: a hyper-parameter is wrong; the text names it.
    """
    try:
        task = hyper_parameters.get("task", "")
        values: dict[str, Any] = {**parse_hyper_parameters(task, hyper_parameters)}
        values["augmentation"] = parse_augmentation(values["augmentation"], task)
    except (HyperParameterError, UnknownTaskError, AugmentationError) as error:
        raise UserFault(str(error)) from error
    try:
        return TrainingSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserFault(f"hyper-parameter {first['loc'][0]}: {first['msg']}") from error
