"""``logs``: the framed log files of a job, an endpoint or an app, oldest process first."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagemaker_local.logs.frames import read_frames
from sagemaker_local.operator.admin_client import AdminClient, CommandError
from sagemaker_local.operator.process_table import who

_READ_BYTES = 1_000_000
_POLL_S = 0.5
_UNFINISHED = ("InProgress", "Stopping", "Creating", "Updating", "InService", "Pending", "RollingBack")


def log_lines(client: AdminClient, name: str, *, follow: bool) -> Iterator[str]:
    """Yield the lines so far, and with ``follow`` new ones until the job or endpoint has ended."""
    offsets: dict[str, int] = {}
    while True:
        state = client.state(name)
        processes: Sequence[Mapping[str, Any]] = state["processes"]
        owners = {one["arn"] for one in state["resources"]}
        mine = [one for one in processes if one["owner_arn"] in owners]
        if not owners or (not mine and not follow):
            raise CommandError(f"there is no log of {name} on this machine")
        for process in mine:
            yield from _new_lines(process, offsets)
        if not follow or not any(one["status"] in _UNFINISHED for one in state["resources"]):
            return
        time.sleep(_POLL_S)


def _new_lines(process: Mapping[str, Any], offsets: dict[str, int]) -> Iterator[str]:
    run_dir = str(process["run_dir"])
    while True:
        frames, offsets[run_dir] = read_frames(Path(run_dir) / "log", offsets.get(run_dir, 0), _READ_BYTES)
        if not frames:
            return
        for frame in frames:
            at = datetime.fromtimestamp(frame.at_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            yield f"{at}Z {who(process)} {frame.text}"
