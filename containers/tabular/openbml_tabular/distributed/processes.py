"""Starts the cluster's processes on this machine, and sees to it that none is left."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from openbml_tabular.distributed.meeting import Meeting
from openbml_tabular.distributed.node import SCHEDULER, WORKER

JOINS_WITHIN_S = 180
_ENDS_WITHIN_S = 10.0
_QUIET = {"DASK_LOGGING__DISTRIBUTED": "error"}  # a tale of every connection is no news
_MOST_STARTS = 3  # of a worker that dies: the machine may have been out of memory for a moment


def started_scheduler(meeting: Meeting) -> "subprocess.Popen[bytes]":
    return _started(SCHEDULER, {"host": meeting.host, "port": meeting.port})


def ended(process: "subprocess.Popen[bytes]") -> None:
    """End a process at once where it still runs."""
    if process.poll() is None:
        process.kill()
    process.wait(_ENDS_WITHIN_S)


class KeptWorker:
    """This machine's worker, which does so many fits at once; one that dies is started again."""

    def __init__(self, meeting: Meeting, slots: int) -> None:
        self._meeting, self._slots = meeting, slots
        self._folder = tempfile.TemporaryDirectory(prefix="openbml-node-")
        self._starts = 0
        self._process = self._started()

    def look(self) -> int | None:
        """Return the exit code once the worker has ended for good, None while there is one."""
        code = self._process.poll()
        if code in (None, 0) or self._starts >= _MOST_STARTS:
            return code
        self._process = self._started()
        return None

    def end(self) -> None:
        ended(self._process)
        self._folder.cleanup()

    def _started(self) -> "subprocess.Popen[bytes]":
        """Start it under a name that the scheduler has not met."""
        self._starts += 1
        settings = {
            "address": self._meeting.address,
            "host": self._meeting.host,
            "name": f"{self._meeting.name}#{self._starts}",
            "nthreads": self._slots,
            "death_timeout": JOINS_WITHIN_S,
            "local_directory": self._folder.name,
        }
        return _started(WORKER, settings, {"TMPDIR": self._folder.name})


def _started(
    role: str, settings: Mapping[str, Any], more_env: Mapping[str, str] = {}
) -> "subprocess.Popen[bytes]":
    text = json.dumps({**settings, "parent": os.getpid()})
    command = [sys.executable, "-m", "openbml_tabular.distributed.node", role, text]
    return subprocess.Popen(command, env={**os.environ, **_QUIET, **more_env})  # noqa: S603 - this interpreter, our module
