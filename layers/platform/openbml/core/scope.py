"""Who and where: the caller of a control call, and the project an object belongs to."""

from pydantic import BaseModel, ConfigDict


class Principal(BaseModel):
    """A signed-in user, as the request authorizer passes it on."""

    model_config = ConfigDict(frozen=True)

    account_id: int
    user_id: int
    email: str
    is_owner: bool = False


class ProjectScope(BaseModel):
    """Account, region and project: carried by every key, message and event."""

    model_config = ConfigDict(frozen=True)

    account_id: int
    region: str
    project_id: int

    @property
    def key(self) -> str:
        """Partition prefix of everything the project owns."""
        return f"{self.account_id}#{self.region}#{self.project_id}"

    @property
    def prefix(self) -> str:
        """Object-storage prefix of everything the project owns, with a trailing slash."""
        return f"projects/{self.project_id}/"
