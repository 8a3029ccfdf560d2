"""Which model version runs on what: what an owner wants of a deployment."""

from pydantic import BaseModel, ConfigDict, Field

# The file whose quality the report tells.
EVALUATED_VARIANT = "fp32"


class Configuration(BaseModel):
    """One compute unit is 1 core and 4 GB (spec 08 section 2.1).

    Attributes:
        image: the image of the catalogue that serves the version.
        compute_units, instances: None in a service that nobody gave machines yet.
        variant: which of the version's files answers.
    """

    model_config = ConfigDict(frozen=True)

    model_version: int = Field(ge=1)
    model_uri: str
    image: str = "serving"
    compute_units: int | None = Field(default=None, ge=1)
    instances: int | None = Field(default=None, ge=2)
    variant: str = EVALUATED_VARIANT

    @property
    def has_machines(self) -> bool:
        return self.compute_units is not None and self.instances is not None

    @property
    def billed_units(self) -> int:
        return (self.compute_units or 0) * (self.instances or 0)
