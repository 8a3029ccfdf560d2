"""Hyper-parameters of detection alone."""

from pydantic import BaseModel, ConfigDict


class DetectionOptions(BaseModel):
    """Ranges and meanings are the catalogue's.

    Attributes:
        anchor_scale: 0: the one that fits the training set's objects.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    tile: int = 0
    anchor_scale: int = 0
    anchor_ratio: int = 2
