"""Where a run's hyper-parameters come from (spec 03 section 2.10)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml_catalog.scripts import MAX_SCRIPT_CHARACTERS
from openbml_catalog.search import SearchConfig


class ScriptRefusedError(OpenBMLError):
    """The script lacks what it must have; details: reason."""


class _Source(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ManualSource(_Source):
    """The values of the request's `hyper_parameters`."""

    kind: Literal["manual"] = "manual"


class ScriptSource(_Source):
    """A script whose `conf` holds the values and whose `create_model` makes the network."""

    kind: Literal["script"]
    script: str = Field(min_length=1, max_length=MAX_SCRIPT_CHARACTERS)


class SearchSource(_Source):
    """A search, then the training with what it found."""

    kind: Literal["search"]
    search: SearchConfig


class ExistingSource(_Source):
    """What an earlier search found, of the same pre-trained model and network."""

    kind: Literal["existing"]
    search_id: int = Field(ge=1, lt=2**53)


HyperParameterSource = Annotated[
    ManualSource | ScriptSource | SearchSource | ExistingSource, Field(discriminator="kind")
]
