"""Workers of functions: kept after an error of the handler, their archives extracted once."""

import os
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from openbml_local.warm_workers import SHARED_BYTES, _keep_workers_that_answer, _prune, _SharedArchives


class Process:
    def __init__(self) -> None:
        self.ended = False

    def poll(self) -> int | None:
        return 0 if self.ended else None


def runtime_that_answers(response: dict[str, Any]) -> Any:
    """MiniStack's runtime in small: an error of any kind ends the worker's process."""

    class Worker:
        def __init__(self) -> None:
            self._proc: Process | None = Process()

        def invoke(self, event: object) -> dict[str, Any]:
            process, self._proc = self._proc, None
            runtime._signal(process)
            runtime._collect(process, 0)
            return response

    def end(process: Process) -> None:
        process.ended = True

    runtime = SimpleNamespace(Worker=Worker, _signal=end, _collect=lambda _p, _d: None, _REAP_GRACE=0)
    _keep_workers_that_answer(runtime)
    return runtime


def test_an_error_that_the_handler_reported_keeps_the_worker() -> None:
    worker = runtime_that_answers({"status": "error", "trace": "Traceback"}).Worker()
    process = worker._proc
    assert worker.invoke({})["status"] == "error"
    assert worker._proc is process
    assert not process.ended


def test_a_timeout_ends_the_worker() -> None:
    worker = runtime_that_answers({"status": "error", "error": "Task timed out"}).Worker()
    process = worker._proc
    worker.invoke({})
    assert worker._proc is None
    assert process.ended


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "layer.zip"
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr("python/package/__init__.py", os.urandom(SHARED_BYTES))
    return path


def extract(archive: Path, shared: Path, target: Path) -> None:
    copy = target.with_suffix(".zip")
    copy.write_bytes(archive.read_bytes())
    target.mkdir()
    with _SharedArchives(shared).ZipFile(copy) as reader:
        reader.extractall(target)


def test_the_same_archive_is_extracted_once(tmp_path: Path, archive: Path) -> None:
    shared = tmp_path / "extracted"
    shared.mkdir()
    for name in ("first", "second"):
        extract(archive, shared, tmp_path / name)
    first, second = (tmp_path / name / "python/package/__init__.py" for name in ("first", "second"))
    assert first.stat().st_ino == second.stat().st_ino
    assert len(list(shared.iterdir())) == 1


def test_an_interrupted_extraction_is_not_used(tmp_path: Path, archive: Path) -> None:
    shared = tmp_path / "extracted"
    extract_into = tmp_path / "worker"
    (shared / ".half").mkdir(parents=True)
    _prune(shared)
    assert list(shared.iterdir()) == []
    extract(archive, shared, extract_into)
    assert (extract_into / "python/package/__init__.py").exists()
