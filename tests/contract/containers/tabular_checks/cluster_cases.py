"""Two machines of a job as processes of this one, which meet on its loopback as the local engine has them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from expert_cases import Scaled, ScalingLearner, table

from openbml_catalog.tabular.settings import AlgorithmType
from openbml_kit.cluster import Cluster
from openbml_tabular.distributed.following import follow
from openbml_tabular.distributed.meeting import Meeting
from openbml_tabular.distributed.row_parts import PartRows

HOSTS = ("algo-1", "algo-2")
# Machines import this module, to know its learner and its parts.
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), os.environ["PYTHONPATH"]])


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def meeting(host: str, port: int) -> Meeting:
    document = {"current_host": host, "hosts": list(HOSTS), "network_interface_name": "lo"}
    return Meeting.of(
        Cluster.from_document(document), {"SAGEMAKER_BASE_DIR": "/tmp/job", "MASTER_PORT": str(port)}
    )


def started(role: str, port: int, *more: str) -> "subprocess.Popen[bytes]":
    """Start the second machine, or a first one that leaves a file, named by `more`, once they have met."""
    return subprocess.Popen([sys.executable, __file__, role, str(port), *more])


@contextlib.contextmanager
def second_machine(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    process = started("follow", port)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def comes_true(condition: Callable[[], bool], *, within_s: float = 40) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return False


def processes_of(port: int) -> list[str]:
    """Return the command lines of the cluster's processes that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            text = entry.read_bytes().replace(b"\0", b" ").decode()
            if "openbml_tabular.distributed.node" in text and (
                f":{port}" in text or f'"port": {port}' in text
            ):
                found.append(text)
    return found


@dataclass(frozen=True)
class WitnessLearner(ScalingLearner):
    """Leaves a file that says on which machine it fitted."""

    folder: str = ""
    seconds: float = 0.1

    def fit(self, *arguments: object, **more: object) -> Scaled:
        time.sleep(self.seconds)
        machine = Path(os.environ["TMPDIR"]).name
        (Path(self.folder) / f"{machine}-{time.monotonic_ns()}").touch()
        return super().fit(*arguments, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class TablePart:
    """Reads every fourth row of a table; of these, every fifth judges."""

    kind: str
    number: int
    rows: int = 1200

    def __call__(self) -> PartRows:
        examples, _ = table(AlgorithmType(self.kind), self.rows)
        mine = np.arange(self.number, self.rows, 4)
        return PartRows(examples.take(mine[mine % 5 != 0]), examples.take(mine[mine % 5 == 0]))


if __name__ == "__main__":
    where = meeting(HOSTS[1] if sys.argv[1] == "follow" else HOSTS[0], int(sys.argv[2]))
    if sys.argv[1] == "follow":
        follow(where, 1)
    else:
        from openbml_tabular.distributed.cluster_workers import leading

        with leading(where, 1):
            Path(sys.argv[3]).touch()
            signal.pause()
