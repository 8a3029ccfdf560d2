"""Bringing the local cloud up and down, step by step, each step timed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from openbml_local import components
from openbml_local.checkpoints import MANIFEST
from openbml_local.components import Component, Starting, Supervisor
from openbml_local.console_upload import upload_console
from openbml_local.deploy import Deployer
from openbml_local.environments import Environments
from openbml_local.errors import ComponentStopError, DeployError, NotRunningError
from openbml_local.files import write_json
from openbml_local.seeding import seed_administrator
from openbml_local.settings import REPOSITORY, Cloud
from openbml_local.stack import Stack
from openbml_local.state_directory import StateDirectory

STOP_ORDER = (
    ("gateway", components.GATEWAY_GRACE_S),
    ("engine", components.ENGINE_GRACE_S),
    ("ministack", components.MINISTACK_GRACE_S),
)
EVENT_MARGIN_S = 90.0  # an unchanged state is not saved again, and clocks are read at both ends
Say = Callable[[str], None]


class Step(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    note: str
    seconds: float


class ComponentStatus(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    running: bool
    healthy: bool
    pid: int | None
    port: int
    version: str
    uptime_s: int | None


class LocalCloud:
    """One local cloud: a state directory and the processes that belong to it."""

    def __init__(self, state: StateDirectory, *, say: Say, step: Callable[[Step], None]) -> None:
        self._state = state
        self._say = say
        self._step = step
        self._supervisor = Supervisor(state, say=say)
        self._environments = Environments(say=say)

    @contextmanager
    def _timed(self, name: str) -> Iterator[Callable[[str], None]]:
        started = time.monotonic()
        notes: list[str] = []
        yield notes.append
        self._step(Step(name=name, note=", ".join(notes), seconds=time.monotonic() - started))

    def _waiting(self) -> None:
        self._say("another bml command works on this state directory; waiting for it")

    def up(self, cloud: Cloud, *, project: Path = REPOSITORY, deploy: bool = True) -> None:
        self._state.create()
        with self._state.locked(self._waiting):
            self._state.remember(cloud)
            with self._timed("environments") as note:
                self._prepare(note)
            lost_since = self._start(cloud)
            if lost_since is not None:
                self._resend_events(cloud, lost_since)
            if deploy:
                changed = self._deploy(cloud, project)
                if changed:
                    self._checkpoint(cloud)

    def _prepare(self, note: Say) -> None:
        names = ("ministack", "lambda", "tools")
        missing = [name for name in names if not self._environments.is_ready(name)]
        for name in missing:
            self._environments.python(name)
        note(f"built {', '.join(missing)}" if missing else "ready")

    def components(self, cloud: Cloud) -> list[Component]:
        """All components, in the order of starting."""
        made = [components.ministack(self._state, cloud, self._environments)]
        if cloud.with_engine:
            made.append(components.engine(self._state, cloud))
        made.append(components.gateway(self._state, cloud))
        return made

    def _start(self, cloud: Cloud) -> float | None:
        """Start what does not run, all at once.

        Returns:
            If MiniStack's last run did not end with a save: since when (epoch seconds) changes are lost.
        """
        for folder in ("s3", "keys", "tmp"):
            (self._state.ministack / folder).mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        starting: list[tuple[Component, Starting]] = [
            (component, self._supervisor.launch(component)) for component in self.components(cloud)
        ]
        lost_since: float | None = None
        for component, process in starting:
            details = process.wait()
            note = "started" if process.is_new else "was running"
            if component.name == "ministack" and process.is_new and details.get("unclean"):
                number = details.get("restored")
                lost_since = self._saved_at(number) - EVENT_MARGIN_S if number is not None else 0.0
                note += f" after an unclean stop, restored checkpoint {number}"
            self._step(Step(name=component.name, note=note, seconds=time.monotonic() - started))
        return lost_since

    def _deploy(self, cloud: Cloud, project: Path) -> bool:
        if not (project / "template.yaml").exists():
            raise DeployError(f"there is no template.yaml in {project}. Run bml up in a checkout of OpenBML.")
        stack = Stack(cloud)
        sam = self._environments.python("tools").parent / "sam"
        deployer = Deployer(project=project, sam=sam, state=self._state, cloud=cloud, stack=stack)
        current = deployer.is_current()
        if current:
            with self._timed("deploy") as note:
                note("nothing changed")
        else:
            with self._timed("sam build"):
                deployer.build()
            with self._timed("sam deploy") as note:
                deployer.deploy()
                note(f"stack {cloud.stack_name}")
        with self._timed("routes") as note:
            self._write_outputs(stack, note, current=current)
        with self._timed("console") as note:
            self._upload_console(stack, project, note)
        with self._timed("administrator") as note:
            self._seed(stack, cloud, note)
        return not current

    def _write_outputs(self, stack: Stack, note: Say, *, current: bool) -> None:
        if current and self._state.outputs.exists() and self._state.routes.exists():
            note("known")
            return
        self._state.write_outputs(stack.outputs())
        routes = stack.routes()
        if routes is None:
            note("the template has no distribution: the gateway has nothing to serve")
            return
        write_json(self._state.routes, routes.model_dump(mode="json"))
        note(f"{len(routes.routes)} behaviours")

    def _upload_console(self, stack: Stack, project: Path, note: Say) -> None:
        dist = project / "console" / "dist"
        bucket = stack.console_bucket()
        if bucket is None:
            note("no bucket for it in the template")
        elif not (dist / "index.html").exists():
            note("not built: run make console, then bml up again")
        else:
            written = upload_console(stack, bucket=bucket, dist=dist)
            note(f"{written} files" if written else "nothing changed")

    def _seed(self, stack: Stack, cloud: Cloud, note: Say) -> None:
        pool_id = stack.physical_id("AWS::Cognito::UserPool")
        if pool_id is None:
            note("no user pool in the template")
            return
        administrator = self._state.administrator(cloud.admin_email)
        done = seed_administrator(stack, pool_id=pool_id, administrator=administrator)
        note(f"{administrator.email} {'can sign in' if done else 'is there'}")

    def _checkpoint(self, cloud: Cloud) -> None:
        with self._timed("checkpoint") as note:
            reply = components.ask(
                cloud.ports.ministack, "/_openbml/checkpoint", method="POST", timeout_s=120
            )
            if reply is None or reply[0] != 200:
                note("not saved now; the next attempt is within a minute (bml logs ministack)")

    def _saved_at(self, checkpoint: int) -> float:
        return (self._state.ministack / "generations" / str(checkpoint) / MANIFEST).stat().st_mtime

    def _resend_events(self, cloud: Cloud, since: float) -> None:
        """Have the engine repeat what it told MiniStack after the state that was restored.

        Source: docs/architecture.md section 1 (jobs and bills known to the engine are never lost).
        """
        token = self._state.engine / "admin-token"
        with self._timed("events") as note:
            if not cloud.with_engine or not token.exists():
                note("no engine has ever run: nothing to send again")
                return
            reply = components.ask(
                cloud.ports.engine,
                "/_local/resend-events",
                method="POST",
                body={"since": since},
                headers={"X-Sml-Token": token.read_text().strip(), "Content-Type": "application/json"},
                timeout_s=30,
            )
            if reply is not None and reply[0] == 200:
                note(f"{reply[1].get('events', 0)} sent again by the engine")
            else:
                note("not sent again; jobs are reconciled by their state within a minute (bml logs engine)")

    def down(self) -> list[str]:
        """Stop everything, MiniStack last: it saves what the others still told it.

        Returns:
            Names of the components that ran.
        """
        if not self._state.root.exists():
            return []
        with self._state.locked(self._waiting):
            stopped = []
            for name, grace_s in STOP_ORDER:
                if self._supervisor.running(name) is None:
                    continue
                with self._timed(name) as note:
                    ended = self._supervisor.stop(name, grace_s=grace_s)
                    note("stopped" if ended else f"killed after {grace_s:.0f} s")
                if name == "ministack" and not ended:
                    raise ComponentStopError(
                        "MiniStack did not save its state in time and was killed; the last checkpoint "
                        f"(at most a minute old) is used at the next start. Log: {self._state.log(name)}"
                    )
                stopped.append(name)
            return stopped

    def status(self, cloud: Cloud) -> list[ComponentStatus]:
        found = []
        for name in components.NAMES if cloud.with_engine else ("ministack", "gateway"):
            record = self._supervisor.running(name)
            port = getattr(cloud.ports, name)
            health_path = {"ministack": "/_openbml/status", "engine": "/_local/health"}.get(
                name, "/_gateway/health"
            )
            reply = components.ask(port, health_path) if record is not None else None
            details: dict[str, Any] = reply[1] if reply is not None else {}
            uptime = (datetime.now(UTC) - record.started_at).total_seconds() if record is not None else None
            found.append(
                ComponentStatus(
                    name=name,
                    running=record is not None,
                    healthy=reply is not None and reply[0] == 200,
                    pid=record.pid if record is not None else None,
                    port=port,
                    version=str(details.get("version", "")),
                    uptime_s=int(uptime) if uptime is not None else None,
                )
            )
        return found

    def require_running(self, name: str) -> None:
        if self._supervisor.running(name) is None:
            raise NotRunningError(name)

    def deployed(self, cloud: Cloud) -> bool:
        """Whether a complete stack answers; False while MiniStack does not."""
        try:
            return Stack(cloud).is_complete()
        except (BotoCoreError, ClientError):
            return False
