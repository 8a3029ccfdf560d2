"""What an owner decides about calls of a service: limits, split, recording, what happens while it sleeps."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """How often each application may call the service; None: as often as it likes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    qps: int | None = Field(default=None, ge=1, le=100_000)
    daily: int | None = Field(default=None, ge=1, le=10**12)
    total: int | None = Field(default=None, ge=1, le=10**15)

    @property
    def are_set(self) -> bool:
        return (self.qps, self.daily, self.total) != (None, None, None)


class WhileAsleep(StrEnum):
    """What becomes of calls while a service sleeps or wakes up (spec 03 section 9.4 and our extensions).

    `wait`: up to 25 s for the model, then 336100 with `Retry-After`. `ticket`: 336100 with a ticket under
    which the answer is kept. `refuse`: 336100 at once, as the manual has it.
    """

    WAIT = "wait"
    TICKET = "ticket"
    REFUSE = "refuse"


class RecordMode(StrEnum):
    NONE = "none"
    ERRORS = "errors"
    SAMPLED = "sampled"
    ALL = "all"


class Recording(BaseModel):
    """Which calls are recorded; statistics count every call all the same.

    Attributes:
        percent: of the calls that succeed, with `sampled`; calls that fail are recorded then.
        keep_inputs: keep what was sent and answered for 30 days, for data feedback (spec 08 section 1).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: RecordMode = RecordMode.ALL
    percent: int = Field(default=10, ge=1, le=100)
    keep_inputs: bool = False


class Traffic(BaseModel):
    """How calls are split between the two online versions (spec 03 section 9.5).

    Attributes:
        challenger_share: percent of the calls that the second version answers.
        sticky: calls with the same `routing_key` (query parameter) always meet the same version.
        shadow: the second version gets a copy of every call, and callers only the first one's answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    challenger_share: int = Field(default=0, ge=0, le=100)
    sticky: bool = False
    shadow: bool = False
