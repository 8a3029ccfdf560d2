"""Hyper-parameters of classification alone."""

from pydantic import BaseModel, ConfigDict


class ClassificationOptions(BaseModel):
    """Ranges and meanings are the catalogue's; hyper-parameters of one network alone are not read here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    label_smoothing: float
    mixup_alpha: float
