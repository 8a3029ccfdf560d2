"""Which of the ways to give a job its ``/opt/ml`` works on this machine."""

import asyncio
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.processes.fork_client import ForkError, ForkServer
from sagemaker_local.processes.launcher import ProcessSpec, adopt, prepare_run_dir

NAMESPACES = "ns"
BASE_DIR = "base-dir"
#: What a job with code of its user is told where no namespace could be had and nobody chose to go without.
USERS_CODE_REFUSAL = (
    "this machine does not let the engine make namespaces, so code of users would not be isolated from it "
    "(`sagemaker-local doctor` says why); SML_MODE=base-dir runs it all the same"
)
_PROBE_TIMEOUT_S = 20.0
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class ModeReport:
    works: bool
    reason: str = ""


async def probe_namespaces() -> ModeReport:
    """Run ``true`` in a private root, exactly as a job would be."""
    if not sys.platform.startswith("linux"):
        return ModeReport(works=False, reason=f"namespaces need Linux, this is {sys.platform}")
    with tempfile.TemporaryDirectory(prefix="sagemaker-local-") as name:
        folder = Path(name) / "probe"
        spec = ProcessSpec(
            argv=["true"],
            env={"PATH": os.defpath},
            cwd="/",
            mode=NAMESPACES,
            grace_s=1.0,
            private_network=True,
        )
        prepare_run_dir(folder, spec)
        fork_server = ForkServer()
        try:
            child = adopt(folder, await asyncio.to_thread(fork_server.fork, folder))
            ended = await asyncio.wait_for(child.wait(), _PROBE_TIMEOUT_S)
        except ForkError as error:
            return ModeReport(works=False, reason=str(error))
        except TimeoutError:
            child.kill()
            return ModeReport(works=False, reason="the probe did not end")
        finally:
            fork_server.close()
        if ended.succeeded:
            return ModeReport(works=True)
        errors = (folder / "shim.err").read_text().strip().splitlines()
        reason = ended.setup_error or (errors[-1] if errors else f"exit code {ended.exit_code}")
        return ModeReport(works=False, reason=reason)


@dataclass(frozen=True)
class Probe:
    """One thing that isolation needs, alone."""

    name: str
    what: str
    works: bool
    reason: str


_PROBES = {
    "user": "user namespaces: the engine needs no root",
    "mount": "mount namespaces: /opt/ml and nothing of the machine",
    "pid": "PID namespaces: no job sees or outlives another",
    "ipc": "IPC namespaces: no shared memory between jobs",
    "net": "network namespaces: isolated jobs have no network",
}


def probe_each() -> list[Probe]:
    """Try every namespace alone; blocking."""
    return [Probe(name, what, *_probe(name)) for name, what in _PROBES.items()]


def _probe(name: str) -> tuple[bool, str]:
    if not sys.platform.startswith("linux"):
        return False, f"this is {sys.platform}"
    ended = subprocess.run(
        [sys.executable, "-S", "-m", "sagemaker_local.processes.namespace_probe", name],
        env={"PYTHONPATH": str(_PACKAGE_ROOT), "PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=_PROBE_TIMEOUT_S,
        check=False,
    )
    return ended.returncode == 0, ended.stderr.strip().rpartition("\n")[2]
