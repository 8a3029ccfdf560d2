"""What this machine lacks to run the local cloud, and how to get it."""

import platform
import shutil
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from openbml_local import processes
from openbml_local.components import NAMES, Supervisor
from openbml_local.environments import Environments
from openbml_local.settings import Cloud
from openbml_local.state_directory import StateDirectory

NEEDED_FREE_BYTES = 5 * 1024**3


class Finding(BaseModel):
    model_config = ConfigDict(frozen=True)

    what: str
    good: bool
    detail: str
    remedy: str = ""


def examine(state: StateDirectory, cloud: Cloud) -> list[Finding]:
    findings = [
        Finding(
            what="operating system",
            good=platform.system() == "Linux",
            detail=platform.platform(terse=True),
            remedy="The local cloud runs on Linux and on WSL2.",
        ),
        Finding(
            what="Python",
            good=sys.version_info[:2] == (3, 11),
            detail=platform.python_version(),
            remedy="Install Python 3.11 and create .venv with it.",
        ),
        _tool(
            "node",
            "Install Node.js 20: MiniStack runs CloudFront functions with it, the console is built with it.",
        ),
        _tool("unshare", "Install util-linux: the engine isolates jobs with it."),
        _disk(state.root),
    ]
    environments = Environments()
    findings += [
        Finding(
            what=f"{name} environment",
            good=True,
            detail="built" if environments.is_ready(name) else "will be built by bml up",
        )
        for name in ("ministack", "lambda", "tools")
    ]
    return findings + _ports(state, cloud)


def _tool(name: str, remedy: str) -> Finding:
    found = shutil.which(name)
    return Finding(what=name, good=found is not None, detail=found or "not found", remedy=remedy)


def _disk(path: Path) -> Finding:
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    return Finding(
        what="disk",
        good=free >= NEEDED_FREE_BYTES,
        detail=f"{free / 1024**3:.1f} GiB free",
        remedy="Free some space: environments and data need at least 5 GiB.",
    )


def _ports(state: StateDirectory, cloud: Cloud) -> list[Finding]:
    supervisor = Supervisor(state)
    findings = []
    for name in NAMES:
        port = getattr(cloud.ports, name)
        ours = state.root.exists() and supervisor.running(name) is not None
        free = ours or processes.port_is_free(port)
        findings.append(
            Finding(
                what=f"port {port} ({name})",
                good=free,
                detail="ours" if ours else "free" if free else f"in use by {processes.port_owner(port)}",
                remedy=f"Stop that program, or: bml up --port-{name} PORT",
            )
        )
    return findings
