"""What a process tree may take, from the /proc folders of its processes."""

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sagemaker_local.processes.limits import Limits, TreeWatch

PAGE_KIB = 4


def process(folder: Path, pid: int, *, mib: int, threads: int = 1, shared_by: int = 1) -> Path:
    """A /proc folder as the kernel shows it; the name of the program is meant to confuse."""
    place = folder / str(pid)
    place.mkdir(exist_ok=True)
    fields = ["S", *["0"] * 16, str(threads), "0", "0", "0", str(mib * 1024 // PAGE_KIB), *["0"] * 10]
    (place / "stat").write_text(f"{pid} (a) (b c) {' '.join(fields)}\n")
    (place / "smaps_rollup").write_text(f"00-ff ---p 0 00:00 0 [rollup]\nPss: {mib * 1024 // shared_by} kB\n")
    return place


def look(limits: Limits, folders: list[Path]) -> str | None:
    """Look until the slower measurement has had its time."""
    watch = TreeWatch(limits)
    for now in range(1, 20):
        if reason := watch.look(float(now) / 10, lambda: folders):
            return reason
    return None


def test_memory_of_all_processes_counts_and_shared_pages_count_once(tmp_path: Path) -> None:
    own = [process(tmp_path, pid, mib=60) for pid in (1, 2)]
    assert look(Limits(memory_mib=100), own) == "it uses more than 100 MiB of memory"
    assert look(Limits(memory_mib=120), own) is None
    shared = [process(tmp_path, pid, mib=60, shared_by=2) for pid in (3, 4)]
    assert look(Limits(memory_mib=100), shared) is None


def test_a_tree_that_takes_long_to_measure_is_taken_at_its_resident_size(tmp_path: Path) -> None:
    many = [process(tmp_path, pid, mib=60, shared_by=1000) for pid in range(2)]
    watch = TreeWatch(Limits(memory_mib=100), portion_s=0)
    assert watch.look(1.0, lambda: list(many)) is None  # each look measures for a moment only
    assert watch.look(3.1, lambda: list(many)) == "it uses more than 100 MiB of memory"


def test_processes_and_threads_count_together(tmp_path: Path) -> None:
    folders = [process(tmp_path, pid, mib=1, threads=10) for pid in range(5)]
    assert look(Limits(tasks=50), folders) is None
    assert look(Limits(tasks=49), folders) == "it has more than 49 processes and threads"


def test_processes_that_go_away_while_they_are_looked_at_do_no_harm(tmp_path: Path) -> None:
    gone = [tmp_path / "1", tmp_path / "2"]
    assert look(Limits(memory_mib=1, tasks=2), gone) is None
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "stat").write_text("")
    assert look(Limits(memory_mib=1, tasks=2), gone) is None


def test_without_limits_nothing_is_looked_at() -> None:
    def fail() -> list[Path]:
        raise AssertionError("looked")

    assert TreeWatch(Limits()).look(1e9, fail) is None


@given(st.integers(0, 200))
def test_near_a_limit_the_next_look_comes_sooner(mib: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        watch = TreeWatch(Limits(memory_mib=200))
        assert watch.look(0.0, lambda: [process(Path(name), 1, mib=mib)]) is None
        assert watch.wait_s(0.0) == (0.05 if mib * 3 > 200 else 0.2)
