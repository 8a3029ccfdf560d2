"""What becomes of a run's model by itself when the run succeeds (spec 03 section 4.2)."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class AutoPublish(BaseModel):
    """The model of the repository that a run becomes the next version of.

    Attributes:
        model_id: of one that is there.
        model_name: of one that is made where the project has none of this name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    model_id: int | None = Field(default=None, ge=1, lt=2**53)
    model_name: str | None = Field(default=None, min_length=1, max_length=50)

    @model_validator(mode="after")
    def _names_one_model(self) -> "AutoPublish":
        if (self.model_id is None) == (self.model_name is None):
            raise ValueError("takes model_id or model_name, one of them")
        return self
