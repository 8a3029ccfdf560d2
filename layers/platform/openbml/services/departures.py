"""Hostings on their way out: no new call goes to them, and those in flight are still answered."""

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

# Workers of the prediction API remember a route for 10 s, and a call takes at most 25 s.
GRACE = timedelta(seconds=40)


class Departure(BaseModel):
    """A hosting that is removed from `due_at` on.

    Attributes:
        begun_at: when its removal was ordered; until then a service that wakes up may have it back.
    """

    model_config = ConfigDict(frozen=True)

    deployment_id: str
    due_at: AwareDatetime
    begun_at: AwareDatetime | None = None

    def begun(self, at: datetime) -> "Departure":
        if self.begun_at or at < self.due_at:
            return self
        return self.model_copy(update={"begun_at": at})

    def is_ended_by(self, state: str, at: datetime) -> bool:
        """Tell whether a report of the hosting is about this removal, and not about an earlier one."""
        return state == "removed" and self.begun_at is not None and at >= self.begun_at
