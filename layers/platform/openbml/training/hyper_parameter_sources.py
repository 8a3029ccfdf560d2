"""Where a run's hyper-parameters come from (spec 03 section 2.10)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml_catalog.search import SearchConfig


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ManualSource(_Source):
    """The values of the request."""

    kind: Literal["manual"] = "manual"


class SearchSource(_Source):
    """A search, then the training with what it found."""

    kind: Literal["search"] = "search"
    search: SearchConfig


class ExistingSource(_Source):
    """What an earlier search found, of the same pre-trained model and network."""

    kind: Literal["existing"] = "existing"
    search_id: int = Field(ge=1, lt=2**53)


HyperParameterSource = Annotated[ManualSource | SearchSource | ExistingSource, Field(discriminator="kind")]
