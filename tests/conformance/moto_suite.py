"""moto's own SageMaker tests, from its source archive, against a real engine.

Nothing of moto is kept here: the archive is fetched by the hash of its lock and unpacked into a folder that
git ignores. moto's server mode sends its clients to an address; a router stands there (``moto_router.py``).
"""

import hashlib
import os
import re
import subprocess
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.contract.sagemaker_local.engine_process import REPOSITORY

HERE = Path(__file__).resolve().parent
MOTO = Lock("moto", HERE / "moto.txt")
CACHE = REPOSITORY / ".openbml" / "conformance"
_VERSION = re.compile(r"^moto==(?P<version>\S+)", re.MULTILINE)
_HASH = re.compile(r"sha256:([0-9a-f]{64})")


class SuiteMissingError(Exception):
    """The source archive cannot be had, for example without a network."""


def python() -> Path:
    return LockedEnvironments(REPOSITORY / ".envs").python(MOTO, print)


def unpacked_suite() -> Path:
    """Return the folder of moto's source, fetched on first use.

    Raises:
        SuiteMissingError: it cannot be fetched, or is not what the lock says.
    """
    found = _VERSION.search(MOTO.text())
    if found is None:
        raise SuiteMissingError(f"{MOTO.file} names no moto")
    name = f"moto-{found['version']}"
    folder = CACHE / name
    if not (folder / "tests" / "test_sagemaker").is_dir():
        archive = CACHE / f"{name}.tar.gz"
        if not archive.exists():
            _download(f"moto=={found['version']}")
        block = MOTO.text()[found.start() :].split("\n    # via")[0]
        if hashlib.sha256(archive.read_bytes()).hexdigest() not in _HASH.findall(block):
            raise SuiteMissingError(f"{archive} is not the archive that {MOTO.file.name} names")
        with tarfile.open(archive) as tar:
            tar.extractall(CACHE, filter="data")
    return folder


def _download(requirement: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [python(), "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
    ended = subprocess.run(
        [*command, "--no-binary", "moto", "--dest", CACHE, requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise SuiteMissingError(
            f"pip cannot fetch the source of {requirement}: {ended.stderr.strip()[-300:]}"
        )


def run_suite(files: Sequence[str], address: str, folder: Path, *, limit_s: float) -> dict[str, str]:
    """Run test files; returns ``file::test`` to ``passed``, ``skipped`` or why it failed.

    Args:
        files: names below ``tests/`` of the suite.
        address: of the router.
        folder: for the report.
        limit_s: for all of it.
    """
    report = folder / "moto.xml"
    subprocess.run(
        [
            *(python(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."),
            *(f"--junitxml={report}", *(f"tests/{file}" for file in files)),
        ],
        cwd=unpacked_suite(),
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TEST_SERVER_MODE": "true",
            "TEST_SERVER_MODE_ENDPOINT": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        capture_output=True,
        timeout=limit_s,
        check=False,
    )
    return dict(_outcome(case) for case in ElementTree.parse(report).iter("testcase"))


def _outcome(case: ElementTree.Element) -> tuple[str, str]:
    name = f"{case.attrib['classname'].rpartition('.')[2]}::{case.attrib['name']}"
    for kind in ("failure", "error"):
        found = case.find(kind)
        if found is not None:
            return name, " ".join(found.attrib.get("message", kind).split())[:200]
    return name, "passed" if case.find("skipped") is None else "skipped"
