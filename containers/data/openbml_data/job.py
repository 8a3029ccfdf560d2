"""One job: the order in, the kind's work, the result out as the last act."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from pydantic import ValidationError

from openbml_data.kinds import run_of
from openbml_data.workspace import Workspace, open_workspace
from openbml_formats.data_jobs import ORDER_FORMAT, DataJobOrder
from openbml_kit.faults import PlatformFault, reporting_failures
from openbml_kit.places import Places


class Stopped(BaseException):
    """The runtime asked the job to stop; what is half done is left out or taken back on the way up."""


def main(env: Mapping[str, str] = os.environ) -> int:
    """Do the ordered job and return the process's exit code.

    Stopping is no failure: it ends at once, with 143, and leaves no result.
    """
    places = Places.from_env(env)
    signal.signal(signal.SIGTERM, _stop)
    try:
        return reporting_failures(
            lambda: do(read_order(places), env), failure_file=places.output_data.parent / "message"
        )
    except Stopped:
        print("the job was stopped", file=sys.stderr, flush=True)  # noqa: T201 - the container's log
        return 128 + signal.SIGTERM


def do(order: DataJobOrder, env: Mapping[str, str]) -> None:
    run = run_of(order.kind)
    with open_workspace(order, env) as workspace:
        try:
            result = run(order, workspace)
        except MemoryError as error:  # nobody chose this machine but the platform
            raise PlatformFault(f"the job's machine has too little memory ({error})") from error
        finish(workspace, result.model_dump_json().encode())


def finish(workspace: Workspace, result: bytes) -> None:
    workspace.progress.stage("done")
    workspace.put_upload(workspace.order.result_key, result, content_type="application/json")


def read_order(places: Places) -> DataJobOrder:
    """Raises PlatformFault: the order is missing, malformed, or of another format."""
    path: Path = places.base / "processing" / "input" / "order" / "order.json"
    try:
        order = DataJobOrder.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise PlatformFault(f"the job's order cannot be read: {error}") from error
    if order.format != ORDER_FORMAT:
        raise PlatformFault(f"the order's format {order.format!r} is not {ORDER_FORMAT}")
    return order


def _stop(signum: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped
