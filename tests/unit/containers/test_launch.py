"""A job of several processes: which failure is the job's, and what a stopped one ends with."""

import os
from pathlib import Path

from openbml_deep.launch import cause_of, process_failure_file


def told(folder: Path, rank: int, text: str, at: int) -> None:
    path = process_failure_file(folder / "failure", str(rank))
    path.write_text(text)
    os.utime(path, (at, at))


def test_the_users_fault_comes_before_what_failed_for_want_of_it(tmp_path: Path) -> None:
    told(tmp_path, 0, "platform: RuntimeError: connection closed by peer", 1)
    told(tmp_path, 1, "user: label bird has no image", 2)
    assert cause_of(tmp_path / "failure") == "user: label bird has no image"


def test_else_what_was_told_first_is_the_cause(tmp_path: Path) -> None:
    told(tmp_path, 0, "platform: RuntimeError: connection closed by peer", 9)
    told(tmp_path, 1, "platform: snapshot shard is damaged", 5)
    assert cause_of(tmp_path / "failure") == "platform: snapshot shard is damaged"


def test_the_processes_own_files_are_taken_away(tmp_path: Path) -> None:
    told(tmp_path, 0, "user: too little", 1)
    cause_of(tmp_path / "failure")
    assert list(tmp_path.iterdir()) == []


def test_nothing_told_is_no_cause(tmp_path: Path) -> None:
    assert cause_of(tmp_path / "failure") is None
