"""Which of the ways to give a job its ``/opt/ml`` works on this machine."""

import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sagemaker_local.processes.launcher import ProcessSpec, prepare_run_dir, start

NAMESPACES = "ns"
BASE_DIR = "base-dir"
_PROBE_TIMEOUT_S = 20.0


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
        child = start(folder)
        try:
            ended = await asyncio.wait_for(child.wait(), _PROBE_TIMEOUT_S)
        except TimeoutError:
            child.kill()
            return ModeReport(works=False, reason="the probe did not end")
        if ended.succeeded:
            return ModeReport(works=True)
        errors = (folder / "shim.err").read_text().strip().splitlines()
        reason = ended.setup_error or (errors[-1] if errors else f"exit code {ended.exit_code}")
        return ModeReport(works=False, reason=reason)
