"""Corrects how MiniStack 1.5.33 keeps functions warm, in MiniStack's own process.

* It ends a worker whenever its handler raises; AWS keeps the environment. An authorizer that answers
  "Unauthorized" would start cold on every refused call.
* It extracts code and layers anew for each worker, and Python compiles them anew; here archives with the same
  bytes share one folder.
"""

import hashlib
import shutil
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

KEPT_ARCHIVES = 40
# Below this size extracting is cheaper than sharing.
SHARED_BYTES = 256 * 1024


def correct(folder: Path) -> None:
    """Apply both corrections; extracted archives are kept in `folder`."""
    from ministack.core import lambda_runtime

    _prune(folder)
    lambda_runtime.zipfile = _SharedArchives(folder)
    _keep_workers_that_answer(lambda_runtime)


def _prune(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in [p for p in found if p.name.startswith(".")] + found[KEPT_ARCHIVES:]:
        shutil.rmtree(path, ignore_errors=True)


class _SharedArchives:
    """Stands in for the module `zipfile` where workers are started."""

    BadZipFile = zipfile.BadZipFile
    LargeFileError = zipfile.LargeZipFile  # MiniStack asks for this name, which zipfile does not have
    LargeZipFile = zipfile.LargeZipFile

    def __init__(self, folder: Path) -> None:
        lock = threading.Lock()

        class SharedZipFile(zipfile.ZipFile):
            def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
                archive = Path(str(self.filename))
                if archive.stat().st_size < SHARED_BYTES:
                    super().extractall(path, members, pwd)
                    return
                shared = folder / hashlib.sha256(archive.read_bytes()).hexdigest()
                with lock:
                    if not shared.is_dir():
                        partial = folder / f".{shared.name}"
                        shutil.rmtree(partial, ignore_errors=True)
                        super().extractall(partial, members, pwd)
                        partial.rename(shared)
                    shared.touch()
                target = Path(path)
                if target.is_dir():
                    target.rmdir()
                target.symlink_to(shared, target_is_directory=True)
                archive.unlink()

        self.ZipFile = SharedZipFile


def _keep_workers_that_answer(runtime: Any) -> None:
    """After an error that the handler itself reported, the worker's process is put back instead of ended."""
    signal_now, collect_now, invoke_now = runtime._signal, runtime._collect, runtime.Worker.invoke
    invocation = threading.local()

    def signal(process: Any) -> None:
        if getattr(invocation, "under_way", False):
            invocation.ended = process
        else:
            signal_now(process)

    def collect(process: Any, deadline: float) -> None:
        if not getattr(invocation, "under_way", False):
            collect_now(process, deadline)

    def invoke(worker: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        invocation.under_way, invocation.ended = True, None
        try:
            response: dict[str, Any] = invoke_now(worker, *arguments, **options)
        finally:
            invocation.under_way = False
        process = invocation.ended
        if process is None:
            return response
        if "trace" in response and process.poll() is None and worker._proc is None:
            worker._proc = process
        else:
            signal_now(process)
            collect_now(process, time.monotonic() + runtime._REAP_GRACE)
        return response

    runtime._signal, runtime._collect, runtime.Worker.invoke = signal, collect, invoke
