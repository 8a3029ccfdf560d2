"""Hyper-parameters of classification alone."""

from pydantic import BaseModel, ConfigDict


class ClassificationOptions(BaseModel):
    """Ranges and meanings are the catalogue's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_smoothing: float
    mixup_alpha: float
