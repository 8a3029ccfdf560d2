"""A job's settings: the checked hyper-parameters as one typed object."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from openbml_catalog.augmentation.settings import (
    AugmentationError,
    AugmentationSettings,
    parse_augmentation,
)
from openbml_catalog.networks import (
    HyperParameterError,
    Network,
    UnknownTaskError,
    Value,
    networks,
    parse_hyper_parameters,
)
from openbml_catalog.tasks import tasks
from openbml_kit.faults import UserFault

# They say where and how long a job runs, not what it computes: a resumed job may have others.
_NOT_OF_THE_RESULT = frozenset({"run_id", "max_training_time_s", "export_variants"})


class TrainingSettings(BaseModel):
    """Ranges are declared in the catalogue; this only gives the values their types.

    Attributes:
        own: hyper-parameters of the task alone, which its package gives their types.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    network: str
    labels: list[str]
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
    weights_tag: str
    optimizer: Literal["adamw", "sgd"]
    weight_decay: float
    warmup_epochs: float
    ema_decay: float
    schedule: Literal["cosine", "step", "constant"]
    backbone_learning_rate_factor: float
    layer_decay: float
    gradient_accumulation: int
    gradient_clip: float
    mixed_precision: Literal["auto", "off"]
    patience: int
    class_balance: Literal["none", "sampling", "loss"]
    data_sampling_ratio: int
    trial: Literal["0", "1"]
    export_variants: Literal["none", "int8", "fp16", "all"]
    own: Mapping[str, Value]

    @model_validator(mode="after")
    def _enough_labels(self) -> "TrainingSettings":
        fewest = tasks()[self.task].fewest_labels
        if len(self.labels) < fewest:
            raise ValueError(f"labels: task {self.task} needs at least {fewest}, not {len(self.labels)}")
        return self

    @property
    def is_trial(self) -> bool:
        """Whether it is one of a search: its figures count, its model is not served."""
        return self.trial == "1"

    @property
    def catalogue_network(self) -> Network:
        return networks(self.task)[self.network]

    def params(self) -> dict[str, Any]:
        """Return the hyper-parameters by name as the report shows them, less the labels."""
        return {**self.model_dump(exclude={"labels", "own"}), **self.own}

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
    if values.get("nas_phase") == "search_only":
        values["epochs"] = 0
    common = {name: value for name, value in values.items() if name in TrainingSettings.model_fields}
    own = {name: value for name, value in values.items() if name not in common}
    try:
        return TrainingSettings.model_validate({**common, "own": own})
    except ValidationError as error:
        first = error.errors()[0]
        raise UserFault(f"hyper-parameter {'.'.join(map(str, first['loc']))} {first['msg']}") from error
