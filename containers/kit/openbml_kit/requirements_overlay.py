"""Packages of the user's own `requirements.txt`, in an overlay over the image's environment.

Off unless `SML_ALLOW_REQUIREMENTS=1`: a job whose packages are resolved when it starts is not repeatable.
Where they come from is pip's own configuration: `PIP_INDEX_URL`, or `PIP_NO_INDEX` with `PIP_FIND_LINKS`.
"""

import logging
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

from openbml_kit.faults import UserFault

_SHOWN_LINES = 5

_log = logging.getLogger("openbml_kit")


def install_requirements(code: Path, overlay: Path, env: Mapping[str, str]) -> Path | None:
    """Return the folder to put on `PYTHONPATH`, or None where the code asks for nothing.

    What the image has already and what satisfies the file is not installed again.

    Args:
        code: the user's code; its `requirements.txt` counts.
        overlay: a folder of the job's own, made here.
        env: the process's variables.

    Raises:
        UserFault: it is not allowed here, or a package cannot be installed.
    """
    requirements = code / "requirements.txt"
    if not requirements.is_file() or not _asks_for_something(requirements):
        return None
    if env.get("SML_ALLOW_REQUIREMENTS") != "1":
        raise UserFault(
            "the code has a requirements.txt, and packages are not installed when a job starts: take an "
            "image that has them, or set SML_ALLOW_REQUIREMENTS=1"
        )
    _log.info("installing the packages of %s", requirements)
    venv.EnvBuilder(with_pip=False, symlinks=True).create(overlay)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(overlay), "platbase": str(overlay)}))
    # The overlay comes first and sees the image's packages behind it, so that pip counts them as there.
    (packages / "_image.pth").write_text("\n".join(_package_folders()) + "\n")
    _pip_install(overlay / "bin" / "python", requirements, env)
    return packages


def _package_folders() -> list[str]:
    """All of them, because a .pth file of one folder is not read through that of another."""
    return [folder for folder in sys.path if folder.endswith("site-packages")]


def _asks_for_something(requirements: Path) -> bool:
    lines = requirements.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.strip() and not line.lstrip().startswith("#") for line in lines)


def _pip_install(python: Path, requirements: Path, env: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "-r", str(requirements)]
    ended = subprocess.run(  # noqa: S603 - the user's own list, which the operator allowed
        command,
        env=dict(env),
        cwd=requirements.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    _log.info("%s", ended.stdout.strip())
    if ended.returncode:
        reasons = [line for line in ended.stdout.splitlines() if line.startswith("ERROR")] or [ended.stdout]
        raise UserFault("requirements.txt cannot be installed: " + " ".join(reasons[:_SHOWN_LINES]))
