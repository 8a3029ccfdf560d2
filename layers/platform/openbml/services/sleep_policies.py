"""When a service may fall asleep, and when it is to be awake (spec 03 section 9.4)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from openbml.services.cron_times import CronTimes
from openbml.services.policies import WhileAsleep

# A wake-up that an outage kept from happening is made up for within this time.
CATCH_UP = timedelta(minutes=10)
_MOST_PREWARMS = 20


class PolicyState(StrEnum):
    """否, 未生效, 生效中, 已失效."""

    NONE = "none"
    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class Prewarm(BaseModel):
    """A time at which the service is woken up before anybody calls; `time_zone` is an IANA name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cron: str = Field(max_length=200)
    time_zone: str = Field(default="Asia/Shanghai", max_length=64)

    @field_validator("cron")
    @classmethod
    def _is_a_cron_time(cls, cron: str) -> str:
        CronTimes.parse(cron)
        return cron

    @field_validator("time_zone")
    @classmethod
    def _is_a_time_zone(cls, time_zone: str) -> str:
        try:
            ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"there is no time zone {time_zone!r}; an example is Asia/Shanghai") from error
        return time_zone

    def newest_due(self, after: datetime, until: datetime) -> datetime | None:
        return CronTimes.parse(self.cron).newest_due(after, until, ZoneInfo(self.time_zone))


class SleepPolicyRequest(BaseModel):
    """Attributes:
    idle_minutes: so long without a call, and the service falls asleep.
    starts_at, ends_at: when the policy is in force; None: from now on, for ever.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    idle_minutes: int = Field(ge=1, le=1440)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    while_asleep: WhileAsleep = WhileAsleep.WAIT
    prewarm: tuple[Prewarm, ...] = Field(default=(), max_length=_MOST_PREWARMS)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


class SleepPolicy(SleepPolicyRequest):
    """A policy as a service has it, since `set_at`."""

    set_at: AwareDatetime

    def state(self, at: datetime) -> PolicyState:
        if self.starts_at and at < self.starts_at:
            return PolicyState.PENDING
        if self.ends_at and at >= self.ends_at:
            return PolicyState.EXPIRED
        return PolicyState.ACTIVE

    def is_idle(self, since: datetime, at: datetime) -> bool:
        return at - since >= timedelta(minutes=self.idle_minutes)

    def prewarm_due(self, warmed_at: datetime | None, at: datetime) -> bool:
        """Tell whether a time has come since the service was last kept awake for one; old ones are over."""
        after = max(at - CATCH_UP, self.set_at, *([warmed_at] if warmed_at else []))
        return any(row.newest_due(after, at) is not None for row in self.prewarm)
