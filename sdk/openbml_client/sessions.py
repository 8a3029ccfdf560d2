"""Where the signed-in session is kept: one private file, renewed when it is about to expire."""

import json
import os
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ValidationError

DEFAULT_URL = "http://127.0.0.1:8080"
_RENEW_BEFORE = timedelta(minutes=2)


class Session(BaseModel):
    """Tokens of one user at one installation."""

    url: str
    email: str
    id_token: str
    refresh_token: str
    expires_at: datetime
    project_id: int | None = None

    def is_fresh(self, now: datetime) -> bool:
        return now + _RENEW_BEFORE < self.expires_at

    def renewed(self, id_token: str, expires_in: int, now: datetime) -> "Session":
        update = {"id_token": id_token, "expires_at": now + timedelta(seconds=expires_in)}
        return self.model_copy(update=update)


class SessionFile:
    """The session on disk, readable by its owner only and replaced atomically."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def default(cls) -> "SessionFile":
        folder = os.environ.get("OPENBML_CONFIG_DIR")
        home = Path(folder) if folder else Path.home() / ".config" / "openbml"
        return cls(home / "session.json")

    def load(self) -> Session | None:
        """Return the session, or None where there is none or the file is damaged."""
        try:
            return Session.model_validate(json.loads(self.path.read_text(encoding="utf-8")))
        except (FileNotFoundError, json.JSONDecodeError, ValidationError):
            return None

    def save(self, session: Session) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".session-")  # made with mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(session.model_dump_json(indent=2))
        Path(name).replace(self.path)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def now_utc() -> datetime:
    return datetime.now(UTC)
