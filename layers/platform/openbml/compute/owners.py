"""Who a job or hosting belongs to: opaque to this context, handed back in every event."""

from pydantic import BaseModel, ConfigDict


class Owner(BaseModel):
    """The context that asked for the work, and its own id for it."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    context: str
    id: str
