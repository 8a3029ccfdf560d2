"""`bml up | down | status | env | logs | reset | doctor`."""

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from openbml_local import components
from openbml_local.command_failures import guarded
from openbml_local.components import NAMES
from openbml_local.doctor import examine
from openbml_local.errors import NotRunningError
from openbml_local.lifecycle import LocalCloud, Step
from openbml_local.settings import (
    REPOSITORY,
    Cloud,
    Ports,
    default_state_directory,
    inherited_environment,
)
from openbml_local.state_directory import StateDirectory
from openbml_local.weights import cli as weights

app = typer.Typer(help="The local cloud.", no_args_is_help=True)
app.add_typer(weights.app, name="weights", help="Pre-trained weights: list, mirror from hubs, import files.")
out = Console()
err = Console(stderr=True)

StateDir = Annotated[
    Path | None,
    typer.Option(
        "--state-dir",
        help="Where the local cloud keeps everything [default: .openbml, or OPENBML_STATE_DIR].",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _state(path: Path | None) -> StateDirectory:
    return StateDirectory(path.expanduser().absolute() if path is not None else default_state_directory())


def _show(step: Step) -> None:
    err.print(f"[green]✓[/] {step.name:<14} [dim]{step.seconds:6.1f} s[/]  {step.note}", highlight=False)


def _local_cloud(state: StateDirectory) -> LocalCloud:
    return LocalCloud(
        state, say=lambda message: err.print(f"[dim]· {message}[/]", highlight=False), step=_show
    )


@app.command()
def up(
    state_dir: StateDir = None,
    port_ministack: Annotated[int | None, typer.Option(min=1, max=65535, help="AWS services [4566].")] = None,
    port_engine: Annotated[
        int | None, typer.Option(min=1, max=65535, help="SageMaker engine [4567].")
    ] = None,
    port_gateway: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Console and APIs [8080].")
    ] = None,
    admin_email: Annotated[str | None, typer.Option(help="E-mail of the administrator.")] = None,
    engine: Annotated[
        bool | None, typer.Option(help="Run the SageMaker engine: training and serving need it.")
    ] = None,
    project: Annotated[Path, typer.Option(help="Folder of template.yaml.")] = REPOSITORY,
    deploy: Annotated[bool, typer.Option(help="Deploy the template after the start.")] = True,  # noqa: FBT002
) -> None:
    """Start the local cloud and deploy OpenBML into it; what runs and is current stays as it is."""

    def action() -> None:
        started = time.monotonic()
        state = _state(state_dir)
        known = state.cloud()
        chosen = {"ministack": port_ministack, "engine": port_engine, "gateway": port_gateway}
        ports = known.ports.model_dump() | {name: port for name, port in chosen.items() if port is not None}
        cloud = known.model_copy(
            update={
                "ports": Ports(**ports),
                "admin_email": admin_email or known.admin_email,
                "with_engine": known.with_engine if engine is None else engine,
            }
        )
        _local_cloud(state).up(cloud, project=project.absolute(), deploy=deploy)
        err.print(f"\nReady in {time.monotonic() - started:.1f} s: [bold]{cloud.url}[/]", highlight=False)
        if deploy:
            administrator = state.administrator(cloud.admin_email)
            err.print(f"Sign in as {administrator.email}, password {administrator.password}", highlight=False)
        err.print('For AWS tools: eval "$(bml env)"', highlight=False)

    guarded(action)


@app.command()
def down(state_dir: StateDir = None) -> None:
    """Stop the local cloud; everything is kept for the next start."""

    def action() -> None:
        if not _local_cloud(_state(state_dir)).down():
            err.print("nothing was running")

    guarded(action)


@app.command()
def status(
    state_dir: StateDir = None,
    as_json: AsJson = False,  # noqa: FBT002
    show_password: Annotated[bool, typer.Option("--show-password", help="Show the administrator's.")] = False,  # noqa: FBT002
) -> None:
    """Show what runs. Exit code 0 if everything is healthy and deployed, 9 otherwise."""

    def action() -> None:
        state = _state(state_dir)
        cloud = state.cloud()
        local = _local_cloud(state)
        rows = local.status(cloud)
        deployed = rows[0].healthy and local.deployed(cloud)
        administrator = state.administrator(cloud.admin_email) if show_password and state.exists() else None
        if as_json:
            data = {
                "url": cloud.url, "state_dir": str(state.root), "deployed": deployed,
                "components": [row.model_dump() for row in rows],
            }  # fmt: skip
            if administrator is not None:
                data["administrator"] = administrator.model_dump()
            out.print_json(data=data)
        else:
            table = Table("component", "state", "pid", "port", "version", "uptime", title=str(state.root))
            for row in rows:
                word = (
                    "[green]healthy[/]"
                    if row.healthy
                    else "[red]no answer[/]"
                    if row.running
                    else "[dim]stopped[/]"
                )
                uptime = (
                    ""
                    if row.uptime_s is None
                    else f"{row.uptime_s // 3600}:{row.uptime_s // 60 % 60:02}:{row.uptime_s % 60:02}"
                )
                table.add_row(row.name, word, str(row.pid or ""), str(row.port), row.version, uptime)
            out.print(table)
            out.print(f"{'deployed' if deployed else 'not deployed'}: {cloud.url}", highlight=False)
            if administrator is not None:
                out.print(f"{administrator.email}  {administrator.password}", highlight=False)
        if not deployed or not all(row.healthy for row in rows):
            raise typer.Exit(NotRunningError.exit_code)

    guarded(action)


@app.command()
def env(state_dir: StateDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Print the variables that point AWS tools at the local cloud: eval "$(bml env)"."""

    def action() -> None:
        variables = _state(state_dir).cloud().environment()
        if as_json:
            sys.stdout.write(json.dumps(variables, indent=2) + "\n")
        else:
            sys.stdout.write(
                "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
            )

    guarded(action)


@app.command()
def logs(
    component: Annotated[
        str | None, typer.Argument(help="ministack, engine, gateway or deploy; all if left out.")
    ] = None,
    state_dir: StateDir = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written.")] = False,  # noqa: FBT002
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last lines.")] = 50,
) -> None:
    """Show the logs of the local cloud's processes."""
    state = _state(state_dir)
    known = [name for name in (*NAMES, "deploy") if state.log(name).exists()]
    if component is not None and component not in (*NAMES, "deploy"):
        err.print(f"[red]error:[/] no component {component}; there are {', '.join((*NAMES, 'deploy'))}")
        raise typer.Exit(2)
    chosen = [component] if component is not None else known
    width = max((len(name) for name in chosen), default=0)
    for name, line in _lines(state, chosen, last=lines, follow=follow):
        prefix = f"{name:<{width}} | " if len(chosen) > 1 else ""
        sys.stdout.write(f"{prefix}{line}\n")
        sys.stdout.flush()


def _lines(state: StateDirectory, names: list[str], *, last: int, follow: bool) -> Iterator[tuple[str, str]]:
    offsets = dict.fromkeys(names, 0)
    for name in names:
        path = state.log(name)
        if path.exists():
            text = path.read_bytes()
            offsets[name] = len(text)
            yield from ((name, line) for line in text.decode(errors="replace").splitlines()[-last:] if last)
    while follow:
        for name in names:
            path = state.log(name)
            size = path.stat().st_size if path.exists() else 0
            if size < offsets[name]:
                offsets[name] = 0  # rotated
            if size > offsets[name]:
                with path.open("rb") as stream:
                    stream.seek(offsets[name])
                    text = stream.read(size - offsets[name])
                offsets[name] += len(text)
                yield from ((name, line) for line in text.decode(errors="replace").splitlines())
        time.sleep(0.3)


@app.command(
    add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def engine(context: typer.Context, state_dir: StateDir = None) -> None:
    """Look into the SageMaker engine: ps, top, logs NAME, stop NAME, status-page, gc, doctor, --help."""

    def action() -> None:
        state = _state(state_dir)
        component = components.engine(state, state.cloud())
        words = [sys.executable, "-m", "sagemaker_local", *(context.args or ["--help"])]
        os.execve(words[0], words, inherited_environment() | component.environment)  # noqa: S606 - the same command line

    guarded(action)


@app.command()
def reset(
    state_dir: StateDir = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,  # noqa: FBT002
) -> None:
    """Stop the local cloud and delete everything in it."""

    def action() -> None:
        state = _state(state_dir)
        if not state.root.exists():
            err.print("there is nothing to delete")
            return
        state.create()  # refuses a folder that is not ours
        if not yes and not typer.confirm(f"Delete all data of the local cloud in {state.root}?"):
            raise typer.Exit(1)
        _local_cloud(state).down()
        shutil.rmtree(state.root)
        err.print(f"deleted {state.root}", highlight=False)

    guarded(action)


@app.command()
def doctor(state_dir: StateDir = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Check what this machine lacks to run the local cloud."""

    def action() -> None:
        state = _state(state_dir)
        findings = examine(state, state.cloud() if state.exists() else Cloud())
        if as_json:
            out.print_json(data=[finding.model_dump() for finding in findings])
        else:
            for finding in findings:
                mark = "[green]✓[/]" if finding.good else "[red]✗[/]"
                remedy = "" if finding.good else f"  → {finding.remedy}"
                out.print(f"{mark} {finding.what}: {finding.detail}{remedy}", highlight=False)
        if not all(finding.good for finding in findings):
            raise typer.Exit(5)

    guarded(action)
