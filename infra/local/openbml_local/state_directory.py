"""The one folder that holds everything of a local cloud: layout, settings, locks, records."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from openbml_local.errors import StateNotOursError, StateTooNewError, StateUnreadableError
from openbml_local.files import exclusive_lock, write_json
from openbml_local.processes import ProcessRecord
from openbml_local.settings import Cloud

LAYOUT = 1
OURS = {
    "state.json",
    "lock",
    "run",
    "logs",
    "ministack",
    "engine",
    "sam",
    "secrets",
    "outputs.json",
    "routes.json",
}


class StateFile(BaseModel):
    model_config = ConfigDict(frozen=True)

    layout: int
    cloud: Cloud


class Administrator(BaseModel):
    model_config = ConfigDict(frozen=True)

    email: str
    password: str


class StateDirectory:
    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def ministack(self) -> Path:
        return self.root / "ministack"

    @property
    def engine(self) -> Path:
        return self.root / "engine"

    @property
    def sam(self) -> Path:
        return self.root / "sam"

    @property
    def outputs(self) -> Path:
        return self.root / "outputs.json"

    @property
    def routes(self) -> Path:
        return self.root / "routes.json"

    @property
    def _state_file(self) -> Path:
        return self.root / "state.json"

    def exists(self) -> bool:
        return self._state_file.exists()

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"

    def create(self) -> None:
        """Make what is missing; an interrupted first start is completed.

        Raises:
            StateNotOursError: the folder holds somebody else's files.
        """
        if self.root.exists() and not self.exists():
            strangers = {entry.name for entry in self.root.iterdir() if not entry.name.startswith(".")} - OURS
            if strangers or not self.root.is_dir():
                raise StateNotOursError(self.root)
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (
            self.logs,
            self.ministack,
            self.engine,
            self.sam,
            self.root / "run",
            self.root / "secrets",
        ):
            folder.mkdir(exist_ok=True)
        (self.root / "secrets").chmod(0o700)

    def cloud(self) -> Cloud:
        """The remembered settings, or the defaults before the first start."""
        if not self.exists():
            return Cloud()
        try:
            state = StateFile.model_validate_json(self._state_file.read_bytes())
        except (OSError, ValidationError) as error:
            cause = str(error).splitlines()[0]
            raise StateUnreadableError(self._state_file, cause) from error
        if state.layout > LAYOUT:
            raise StateTooNewError(self._state_file, state.layout, LAYOUT)
        return state.cloud

    def remember(self, cloud: Cloud) -> None:
        write_json(self._state_file, StateFile(layout=LAYOUT, cloud=cloud).model_dump(mode="json"))

    @contextlib.contextmanager
    def locked(self, on_wait: Callable[[], None]) -> Iterator[None]:
        """One `bml up`, `down` or `reset` at a time; a second waits for the first."""
        with exclusive_lock(self.root / "lock", on_wait=on_wait):
            yield

    def record(self, component: str) -> ProcessRecord | None:
        """What is known of a component's process; a damaged record counts as none (the process is found by
        its marker then)."""
        try:
            return ProcessRecord.model_validate_json((self.root / "run" / f"{component}.json").read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def save_record(self, component: str, record: ProcessRecord) -> None:
        write_json(self.root / "run" / f"{component}.json", record.model_dump(mode="json"))

    def drop_record(self, component: str) -> None:
        (self.root / "run" / f"{component}.json").unlink(missing_ok=True)

    def administrator(self, email: str) -> Administrator:
        """The administrator's sign-in; the password is generated once and readable by its owner only."""
        path = self.root / "secrets" / "administrator.json"
        if path.exists():
            try:
                found = Administrator.model_validate_json(path.read_bytes())
            except ValidationError as error:
                raise StateUnreadableError(path, str(error).splitlines()[0]) from error
            if found.email == email:
                return found
        created = Administrator(email=email, password=f"{secrets.token_urlsafe(15)}-Aa1")
        write_json(path, created.model_dump(), mode=0o600)
        return created

    def write_outputs(self, outputs: dict[str, Any]) -> None:
        write_json(self.outputs, outputs)
