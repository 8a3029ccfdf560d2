"""Hyper-parameters of the supernet alone."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from openbml_deep.nas.search import SearchLimits


class NasOptions(BaseModel):
    """Ranges and meanings are the catalogue's; those of the task are not read here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    nas_phase: Literal["both", "search_only"]
    nas_population: int
    nas_generations: int
    nas_max_latency_ms: float

    def limits(self) -> SearchLimits:
        return SearchLimits(self.nas_population, self.nas_generations, self.nas_max_latency_ms)
