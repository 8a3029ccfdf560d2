"""Where a run's hyper-parameters come from (spec 03 section 2.10)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from openbml.core.errors import OpenBMLError
from openbml_catalog.scripts import MAX_SCRIPT_CHARACTERS


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


HyperParameterSource = Annotated[ManualSource | ScriptSource, Field(discriminator="kind")]
