"""Hyper-parameters of detection alone."""

from pydantic import BaseModel, ConfigDict


class DetectionOptions(BaseModel):
    """Ranges and meanings are the catalogue's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tile: int = 0
    anchor_scale: int = 8
    anchor_ratio: int = 2

    def structure(self) -> dict[str, int]:
        """Return what changes the network's structure."""
        return {"anchor_scale": self.anchor_scale, "anchor_ratio": self.anchor_ratio}
