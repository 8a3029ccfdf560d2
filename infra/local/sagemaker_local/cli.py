"""The command line: ``sagemaker-local serve | doctor | build-env | images | ps | logs | stop | gc``."""

import argparse
import asyncio
import json
import logging
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import ImageError, load_registry
from sagemaker_local.logs.frames import read_frames
from sagemaker_local.processes.cgroups import base_folder
from sagemaker_local.processes.modes import probe_each, probe_namespaces
from sagemaker_local.settings import Settings, SettingsError
from sagemaker_local.state.database import StateError

_TOKEN_HEADER = "X-Sml-Token"  # noqa: S105 - a header's name


class CommandError(Exception):
    """The command cannot be carried out; the message says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    command: Callable[[argparse.Namespace, Settings], int] = parsed.command
    try:
        return command(parsed, Settings.from_env())
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
    logs = add("logs", _logs, "print the log of a job or an endpoint")
    logs.add_argument("name")
    stop = add("stop", _stop, "stop a training job")
    stop.add_argument("name")
    add("gc", _gc, "remove what ended jobs and deleted endpoints left")
    return parser


def _serve(_: argparse.Namespace, settings: Settings) -> int:
    from sagemaker_local.server import (
        AlreadyRunningError,
        serve,
    )  # the other commands start faster without it

    try:
        asyncio.run(serve(settings))
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
    _say("mode base-dir  works, without isolation between jobs and this machine")
    for probe in probe_each():
        _say(
            f"  {probe.name:<12} {'works' if probe.works else 'does not work'}: {probe.reason or probe.what}"
        )
    group = base_folder()
    _say(
        f"  cgroup       {f'works: {group}' if group else 'not delegated: the shim counts processes itself'}"
    )
    chosen = settings.mode if settings.mode != "auto" else ("ns" if report.works else "base-dir")
    _say(f"mode in use    {chosen} (SML_MODE={settings.mode})")
    good = report.works or settings.mode != "ns"
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
    state = _admin(settings, "GET", "state")
    for one in state["resources"]:
        if one["kind"] not in ("training-job", "endpoint"):
            continue
        _say(f"{one['kind']:<13} {one['status']:<12} {one['name']}")
        for process in state["processes"]:
            if process["owner_arn"] == one["arn"] and process["state"] != "ended":
                place = f"port {process['port']}" if process["port"] else f"attempt {process['group']}"
                _say(f"  pid {process['pid']}  {process['variant']}#{process['ordinal'] + 1}  {place}")
    return 0


def _logs(parsed: argparse.Namespace, settings: Settings) -> int:
    state = _admin(settings, "GET", "state")
    owners = {
        one["arn"]
        for one in state["resources"]
        if one["name"] == parsed.name and one["kind"] in ("training-job", "endpoint")
    }
    found = [one for one in state["processes"] if one["owner_arn"] in owners]
    if not found:
        raise CommandError(f"there is no log of {parsed.name} on this machine")
    for process in found:
        _print_log(
            Path(process["run_dir"]) / "log", f"{process['variant'] or 'algo'}-{process['ordinal'] + 1}"
        )
    return 0


def _print_log(log: Path, who: str) -> None:
    offset = 0
    while True:
        frames, offset = read_frames(log, offset, 1_000_000)
        if not frames:
            return
        for frame in frames:
            at = datetime.fromtimestamp(frame.at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            _say(f"{at}Z {who} {frame.text}")


def _stop(parsed: argparse.Namespace, settings: Settings) -> int:
    request = urllib.request.Request(  # noqa: S310 - the engine's own address
        settings.url + "/",
        data=json.dumps({"TrainingJobName": parsed.name}).encode(),
        headers={"X-Amz-Target": "SageMaker.StopTrainingJob", "Content-Type": "application/x-amz-json-1.1"},
    )
    _send(request)
    return 0


def _gc(_: argparse.Namespace, settings: Settings) -> int:
    removed = _admin(settings, "POST", "gc")
    _say(", ".join(f"{name}: {count} removed" for name, count in removed.items()))
    return 0


def _admin(settings: Settings, method: str, path: str) -> dict[str, Any]:
    try:
        token = settings.token_file.read_text().strip()
    except FileNotFoundError as error:
        raise CommandError(f"no engine has run with {settings.state_dir} (setting SML_STATE_DIR)") from error
    request = urllib.request.Request(  # noqa: S310 - the engine's own address
        f"{settings.url}/_local/{path}", method=method, headers={_TOKEN_HEADER: token}
    )
    return dict(json.loads(_send(request)))


def _send(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:  # noqa: S310 - the engine's own address
            return bytes(reply.read())
    except urllib.error.HTTPError as error:
        raise CommandError(error.read().decode("utf-8", "replace")) from error
    except OSError as error:
        raise CommandError(
            f"the engine does not answer at {request.host}: {error}; is it running?"
        ) from error


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
