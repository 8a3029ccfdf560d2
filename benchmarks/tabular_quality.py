"""Our AutoML beside AutoGluon and FLAML: same split, seed, budget and cores, one system at a time.

    .venv/bin/python -m benchmarks.tabular_quality [--sets adult iris] [--budgets 60 120] [--seeds 0 1]
        [--systems openbml autogluon-medium autogluon-best flaml] [--output FILE] [--short]

Tables of `--data` (a folder of folders with `train*.csv` and `test.csv`) and scikit-learn's bundled sets;
without the folder these alone. Every fit is a fresh process on two cores; all are told the same metric: log
loss, of regressions RMSE. Quality is of test rows that nobody trained on, by the same measures. Memory is the
peak of the process tree: resident (shared pages count in every process) and proportional (they count once).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.peers.ranks import Row, printed
from sagemaker_local.images.locked_environments import Lock, LockedEnvironments
from tests.fakes.sample_data import SAMPLE_DATA

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"
RESULT = ROOT / "benchmarks" / "results" / "tabular_quality.json"
CORES = (0, 1)
_SHORT_SETS = ("penguins", "titanic", "diabetes", "breast_cancer")
_SHORT_BUDGET_S = 15.0
_LATEST_FACTOR, _LATEST_MORE_S = 4.0, 240.0  # a system that overruns its budget so far has failed
_SAMPLED_EVERY_S = 0.5


@dataclass(frozen=True)
class System:
    """Attributes:
    image: of the environment: `tabular` is ours, `peers` theirs.
    """

    script: str
    image: str
    options: Mapping[str, str]


SYSTEMS = {
    "openbml": System("run_openbml.py", "tabular", {}),
    "autogluon-medium": System("run_autogluon.py", "peers", {"preset": "medium_quality"}),
    "autogluon-best": System("run_autogluon.py", "peers", {"preset": "best_quality"}),
    "flaml": System("run_flaml.py", "peers", {}),
}


def python_of(image: str) -> Path:
    lock = (
        PEERS / "requirements.txt" if image == "peers" else ROOT / "containers" / image / "requirements.txt"
    )
    return LockedEnvironments(ROOT / ".envs").python(Lock(image, lock), print)


def environment() -> dict[str, str]:
    folders = ("containers/tabular", "containers/kit", "layers/catalog", "layers/formats", "benchmarks/peers")
    path = os.pathsep.join(str(ROOT / folder) for folder in folders)
    return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Memory:
    """Of a process tree, bytes: resident, where shared pages count in each process, and proportional."""

    resident: int = 0
    proportional: int = 0

    def peak(self, other: "Memory") -> "Memory":
        return Memory(max(self.resident, other.resident), max(self.proportional, other.proportional))


def memory_of(root: int) -> Memory:
    """Return the memory of a process and all that descend from it; one that ends meanwhile counts nothing."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(entry.name)] = int(fields[1])
    wanted, found = {root}, {root}
    while found:
        found = {pid for pid, parent in parents.items() if parent in found} - wanted
        wanted |= found
    sizes = [_process_memory(pid) for pid in wanted]
    return Memory(sum(size.resident for size in sizes), sum(size.proportional for size in sizes))


def _process_memory(pid: int) -> Memory:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    except OSError:
        return Memory()
    sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
    return Memory(sizes.get("Rss", 0), sizes.get("Pss", 0))


def run_system(name: str, place: Path, output: Path, budget: float, seed: int, metric: str) -> Row:
    system = SYSTEMS[name]
    options = {"metric": metric, **system.options}
    command = [
        python_of(system.image), PEERS / system.script, f"--set={place}", f"--output={output}",
        f"--budget={budget}", f"--seed={seed}",
        *(f"--option={key}={value}" for key, value in options.items()),
    ]  # fmt: skip
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, cwd=output.parent, env=environment(), stdout=said, stderr=said,
            preexec_fn=lambda: os.sched_setaffinity(0, CORES),
        )  # fmt: skip
        peak = _watched(process, budget * _LATEST_FACTOR + _LATEST_MORE_S)
        said.seek(0)
        tail = said.read()[-2000:]
    told = json.loads((place / "set.json").read_text())
    row = Row(
        name, place.name, told["kind"], budget, seed,
        peak_mib=round(peak.resident / 2**20), proportional_mib=round(peak.proportional / 2**20),
    )  # fmt: skip
    if process.returncode:
        return row.failed(tail)
    scores = subprocess.run(
        [python_of("peers"), PEERS / "tabular_scores.py", f"--set={place}", f"--answer={output}"],
        capture_output=True, text=True, check=True, env=environment(),
    )  # fmt: skip
    figures = json.loads(scores.stdout)
    return row.measured(figures, json.loads((output / "result.json").read_text()), os.getloadavg()[0])


def _watched(process: "subprocess.Popen[bytes]", limit_s: float) -> Memory:
    peak, deadline = Memory(), time.monotonic() + limit_s
    while process.poll() is None:
        peak = peak.peak(memory_of(process.pid))
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(_SAMPLED_EVERY_S)
    return peak


def written_sets(data: Path, folder: Path, seed: int, wanted: Sequence[str]) -> list[Path]:
    command = [python_of("peers"), PEERS / "tabular_sets.py", f"--data={data}", f"--output={folder}"]
    command += [f"--seed={seed}", "--sets", *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment())
    return [folder / name for name in done.stdout.split()]


def measured(given: argparse.Namespace, scratch: Path) -> Iterator[Row]:
    for seed in given.seeds:
        for place in written_sets(given.data, scratch / f"seed-{seed}", seed, given.sets):
            for budget in given.budgets:
                for name in given.systems:
                    output = scratch / f"{name}-{place.name}-{budget:g}-{seed}"
                    yield run_system(name, place, output, budget, seed, given.metric)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare our AutoML with its peers.")
    parser.add_argument("--data", type=Path, default=SAMPLE_DATA / "table")
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--budgets", nargs="*", type=float, default=[60.0, 120.0])
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--systems", nargs="*", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--metric", default="log_loss", choices=["log_loss", "roc_auc", "accuracy"])
    parser.add_argument("--add-to", type=Path, help="rows of an earlier run that are ranked along")
    parser.add_argument("--output", type=Path, default=RESULT)
    parser.add_argument("--short", action="store_true", help="a few small sets and short budgets")
    given = parser.parse_args()
    if given.short:
        given.sets, given.budgets = given.sets or list(_SHORT_SETS), [_SHORT_BUDGET_S]
    return given


def main() -> int:
    given = parsed()
    rows = [Row(**row) for row in json.loads(given.add_to.read_text())["rows"]] if given.add_to else []
    with tempfile.TemporaryDirectory(prefix="openbml-tabular-") as folder:
        for row in measured(given, Path(folder)):
            print(row.line(), flush=True)
            rows.append(row)
            document = {"cores": len(CORES), "rows": [asdict(row) for row in rows]}
            given.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(printed(rows))
    loads = [row.load for row in rows if row.load is not None]
    print(f"load, median: {statistics.median(loads):.1f}" if loads else "nothing was measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
