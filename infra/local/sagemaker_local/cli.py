"""The command line: ``sagemaker-local serve | doctor | build-env | images | ps | top | logs | ...``."""

import argparse
import asyncio
import itertools
import logging
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import ImageError, load_registry
from sagemaker_local.operator.admin_client import AdminClient, CommandError
from sagemaker_local.operator.log_view import log_lines
from sagemaker_local.operator.process_table import UsageMeter, ps_lines, top_lines
from sagemaker_local.processes.cgroups import base_folder
from sagemaker_local.processes.docker import DockerError
from sagemaker_local.processes.modes import probe_each, probe_namespaces
from sagemaker_local.protocol.arns import STOPPABLE
from sagemaker_local.settings import Settings, SettingsError
from sagemaker_local.state.database import StateError

_CLEAR_SCREEN = "\x1b[H\x1b[2J"


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    command: Callable[[argparse.Namespace, Settings], int] = parsed.command
    try:
        return command(parsed, Settings.from_env())
    except (KeyboardInterrupt, BrokenPipeError):
        return 130
    except (SettingsError, ImageError, StateError, CommandError) as error:
        sys.stderr.write(f"sagemaker-local: {error}\n")
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sagemaker-local", description="The local SageMaker engine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(
        name: str, command: Callable[[argparse.Namespace, Settings], int], words: str
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words)
        sub.set_defaults(command=command)
        return sub

    add("serve", _serve, "run the engine until SIGTERM")
    add("doctor", _doctor, "say which modes and environments work here, and why not")
    build = add("build-env", _build_env, "build the environment of an image ahead of its first use")
    build.add_argument("name", help="environment name, see `images`; `all` builds every one")
    add("images", _images, "list the image registry")
    add("ps", _ps, "list jobs, endpoints and their processes")
    top = add("top", _top, "show what the processes of jobs and endpoints use, until interrupted")
    top.add_argument("--every", type=float, default=2.0, metavar="SECONDS")
    top.add_argument("--rounds", type=int, default=None, help="end after this many; for scripts")
    logs = add("logs", _logs, "print the log of a job, an endpoint or an app")
    logs.add_argument("name")
    logs.add_argument("--follow", "-f", action="store_true", help="go on until the job has ended")
    stop = add("stop", _stop, "stop a training, tuning, processing or transform job")
    stop.add_argument("name")
    collect = add("gc", _gc, "remove what ended jobs and deleted endpoints left, and old environments")
    collect.add_argument(
        "--keep-days", type=float, default=14.0, help="environments of earlier locks stay this long unused"
    )
    add("status-page", _status_page, "print the address of the read-only status page")
    return parser


def _serve(_: argparse.Namespace, settings: Settings) -> int:
    import uvloop

    from sagemaker_local.server import (
        AlreadyRunningError,
        serve,
    )  # the other commands start faster without it

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except AlreadyRunningError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        if error.errno not in (98, 13, 99):
            raise
        raise CommandError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror}; choose another SML_PORT"
        ) from error
    return 0


def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    report = asyncio.run(probe_namespaces())
    _say(f"mode ns        {'works' if report.works else 'does not work: ' + report.reason}")
    for probe in probe_each():
        _say(
            f"  {probe.name:<12} {'works' if probe.works else 'does not work'}: {probe.reason or probe.what}"
        )
    group = base_folder()
    _say(
        f"  cgroup       {f'works: {group}' if group else 'not delegated: the shim counts processes itself'}"
    )
    docker_works = _doctor_docker(settings)
    _say("mode base-dir  works, without isolation between jobs and this machine")
    chosen = settings.mode if settings.mode != "auto" else ("ns" if report.works else "base-dir")
    _say(f"mode in use    {chosen} (SML_MODE={settings.mode})")
    good = (report.works or settings.mode != "ns") and (docker_works or settings.mode != "docker")
    registry = load_registry(settings.images_file, settings.repository)
    environments = Environments(registry, settings.envs_dir)
    for entry in registry.entries:
        try:
            state = "built" if environments.is_built(entry) else "not built (built on first use)"
        except ImageError as error:
            state, good = f"cannot be built: {error}", False
        _say(f"environment    {entry.env}: {state}")
    try:
        with urllib.request.urlopen(settings.endpoint_url, timeout=3):  # noqa: S310 - the operator's own setting
            _say(f"emulator       answers at {settings.endpoint_url}")
    except urllib.error.HTTPError:
        _say(f"emulator       answers at {settings.endpoint_url}")
    except OSError as error:
        _say(f"emulator       does not answer at {settings.endpoint_url}: {error}")
        good = False
    return 0 if good else 1


def _doctor_docker(settings: Settings) -> bool:
    try:
        version = settings.docker_client.server_version()
    except DockerError as error:
        _say(f"mode docker    does not work: {error}")
        return False
    _say(f"mode docker    works (engine {version}); SML_MODE=docker chooses it")
    return True


def _build_env(parsed: argparse.Namespace, settings: Settings) -> int:
    registry = load_registry(settings.images_file, settings.repository)
    wanted = {entry.env: entry for entry in registry.entries if parsed.name in ("all", entry.env)}
    if not wanted:
        names = ", ".join(sorted({entry.env for entry in registry.entries}))
        raise CommandError(f"there is no environment {parsed.name}; known: {names}")
    environments = Environments(registry, settings.envs_dir)
    for entry in wanted.values():
        _say(f"{entry.env} {environments.get(entry, _say).python}")
    return 0


def _images(_: argparse.Namespace, settings: Settings) -> int:
    registry = load_registry(settings.images_file, settings.repository)
    environments = Environments(registry, settings.envs_dir)
    for entry in registry.entries:
        folder = environments.folder_of(entry)
        built = "built" if environments.is_built(entry) else "not built"
        _say(f"{entry.uri or entry.repository}  env={entry.env}  {built}  {folder or '(engine)'}")
    return 0


def _ps(_: argparse.Namespace, settings: Settings) -> int:
    for line in ps_lines(AdminClient(settings).state()):
        _say(line)
    return 0


def _top(parsed: argparse.Namespace, settings: Settings) -> int:
    client, meter = AdminClient(settings), UsageMeter()
    rounds = itertools.count() if parsed.rounds is None else range(parsed.rounds)
    for number in rounds:
        if number:
            time.sleep(parsed.every)
        lines = list(top_lines(client.state(), meter))
        if sys.stdout.isatty():
            sys.stdout.write(_CLEAR_SCREEN)
        _say("\n".join(lines))
    return 0


def _logs(parsed: argparse.Namespace, settings: Settings) -> int:
    for line in log_lines(AdminClient(settings), parsed.name, follow=parsed.follow):
        _say(line)
    return 0


def _stop(parsed: argparse.Namespace, settings: Settings) -> int:
    client = AdminClient(settings)
    kinds = {one["kind"] for one in client.state(parsed.name)["resources"]} & STOPPABLE.keys()
    if not kinds:
        raise CommandError(f"there is no job {parsed.name}")
    for kind in kinds:
        title = STOPPABLE[kind]
        client.call(f"Stop{title}", {f"{title}Name": parsed.name})
    return 0


def _gc(parsed: argparse.Namespace, settings: Settings) -> int:
    registry = load_registry(settings.images_file, settings.repository)
    for name in Environments(registry, settings.envs_dir).remove_unused(keep_days=parsed.keep_days):
        _say(f"environment {name}: removed")
    removed = AdminClient(settings).collect_garbage()
    _say(", ".join(f"{name}: {count} removed" for name, count in removed.items()))
    return 0


def _status_page(_: argparse.Namespace, settings: Settings) -> int:
    _say(f"{settings.url}/_local/status#{AdminClient(settings).token}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
