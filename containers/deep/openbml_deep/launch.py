"""A job of several processes: torchrun starts one for each accelerator, here and on the other machines."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from openbml_kit.cluster import Cluster
from openbml_kit.faults import write_failure

# SageMaker kills 120 seconds after its stop signal; until then the leader may write its model.
_SHUTDOWN_SECONDS = 115


def launch(cluster: Cluster, processes: int, env: Mapping[str, str], *, failure_file: Path) -> int:
    """Run this machine's processes and return the job's exit code.

    Each of them tells its failure in a file of its own beside `failure_file`. When one fails, the others
    fail for want of it: the cause is the user's fault, if there is one, else what was told first.
    """
    meeting = cluster.variables(env)
    command = [
        sys.executable, "-m", "torch.distributed.run",
        f"--nnodes={len(cluster.hosts)}", f"--node-rank={cluster.rank}", f"--nproc-per-node={processes}",
        f"--master-addr={meeting['MASTER_ADDR']}", f"--master-port={meeting['MASTER_PORT']}",
        "--max-restarts=0", f"--shutdown-timeout={_SHUTDOWN_SECONDS}", "-m", "openbml_deep",
    ]  # fmt: skip
    told = {"GLOO_SOCKET_IFNAME": meeting["GLOO_SOCKET_IFNAME"]}
    process = subprocess.Popen(command, env={**env, **told})  # noqa: S603 - this interpreter, our own module
    stopped = False

    def forward(number: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        process.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    code = process.wait()
    cause = cause_of(failure_file)
    if cause is not None:
        write_failure(failure_file, cause)
    elif code and not stopped:
        write_failure(failure_file, "platform: a process of the job ended without telling why\n")
    return 0 if cause is None and stopped else code


def process_failure_file(failure_file: Path, rank: str) -> Path:
    """Return where one of several processes tells its failure."""
    return failure_file.with_name(f"{failure_file.name}-{rank}")


def cause_of(failure_file: Path) -> str | None:
    """Return the job's cause of failure, the user's fault before what was told earliest; None of none.

    The processes' own files are taken away.
    """
    files = sorted(failure_file.parent.glob(f"{failure_file.name}-*"), key=lambda file: file.stat().st_mtime)
    texts = [file.read_text(encoding="utf-8") for file in files]
    for file in files:
        file.unlink()
    return min(texts, key=lambda text: not text.startswith("user: "), default=None)
