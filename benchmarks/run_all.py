"""All benchmarks in one go: `make bench`.

Each one is a process of its own with the interpreter of what it measures; one that fails is a row, not the
end. Prints what each prints; figures are kept in `benchmarks/results/`, the budgets are those of
`docs/architecture.md` section 7.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sagemaker_local.images.environments import Environments
from sagemaker_local.images.registry import load_registry
from sagemaker_local.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = Path(__file__).parent / "results"
SAMPLES = REPOSITORY / "examples" / "sign_digits" / "train.zip"
LIMIT_S = 900


@dataclass(frozen=True)
class Bench:
    """A benchmark: the commands that make it up, run one after the other."""

    name: str
    what: str
    commands: Sequence[Sequence[str]]


def image_python(name: str) -> str:
    """Return the interpreter of an image's environment, building it on first use."""
    settings = Settings.from_env()
    registry = load_registry(settings.images_file, settings.repository)
    entry = next(entry for entry in registry.entries if entry.env == name)
    return str(Environments(registry, settings.envs_dir).get(entry).python)


def benches(scratch: Path) -> list[Bench]:
    own = [sys.executable, "-m"]
    deep, serving = image_python("deep"), image_python("serving")
    tabular = image_python("tabular")
    model, tables = str(scratch / "model"), str(scratch / "tables")
    return [
        Bench("handlers", "own time, cold imports, package sizes", [[*own, "benchmarks.handlers"]]),
        Bench(
            "import_scale",
            "texts and images at 1,000 to 100,000, a 5 GB archive",
            [[*own, "benchmarks.import_scale"]],
        ),
        Bench("import_costs", "what an import costs on AWS", [[*own, "benchmarks.import_costs"]]),
        Bench("sample_store", "browse, search, annotate at 100,000", [[*own, "benchmarks.sample_store"]]),
        Bench("import_zip", "import of a zip vs a bare boto3 loop", [[*own, "benchmarks.import_zip"]]),
        Bench(
            "quality_report", "report of images vs a loop that decodes", [[*own, "benchmarks.quality_report"]]
        ),
        Bench("data_export", "exports, snapshots vs bare boto3 loops", [[*own, "benchmarks.data_export"]]),
        Bench("table_import", "import of a CSV vs a bare Arrow loop", [[*own, "benchmarks.table_import"]]),
        Bench(
            "training_step",
            "training step vs bare torch loops",
            [
                [
                    deep,
                    "benchmarks/training_step.py",
                    f"--data={SAMPLES}",
                    f"--scratch={scratch / 'images'}",
                    f"--json={RESULTS / 'training_step.json'}",
                ]
            ],
        ),
        Bench(
            "augmentation_pipeline",
            "augmented images/s of each task, with and without a policy",
            [[deep, "benchmarks/augmentation_pipeline.py"]],
        ),
        Bench(
            "vision_quality",
            "training from scratch vs scripts after published recipes",
            [[*own, "benchmarks.vision_quality"]],
        ),
        Bench(
            "tabular_quality",
            "AutoML of tables vs AutoGluon and FLAML, a few small sets, 15 s each",
            [[*own, "benchmarks.tabular_quality", "--short"]],
        ),
        Bench(
            "serving_throughput",
            "requests/s of the serving image vs ONNX Runtime in process",
            [
                [deep, "benchmarks/serving_throughput.py", "make-model", f"--model={model}"],
                [
                    serving,
                    "benchmarks/serving_throughput.py",
                    "measure",
                    f"--model={model}",
                    f"--json={RESULTS / 'serving_throughput.json'}",
                ],
            ],
        ),
        Bench(
            "serving_small_model",
            "a model of microseconds behind the serving image's server vs the same work without HTTP",
            [
                [tabular, "benchmarks/serving_models.py", f"--folder={scratch / 'small'}"],
                [
                    serving,
                    "-m",
                    "benchmarks.serving_small_model",
                    f"--model={scratch / 'small'}",
                    f"--json={RESULTS / 'serving_small_model.json'}",
                ],
            ],
        ),
        Bench(
            "serving_soak",
            "the serving image's server at 80 % of what it can, among bad clients: errors, memory",
            [[*own, "benchmarks.serving_soak", "--minutes=2", f"--json={RESULTS / 'serving_soak.json'}"]],
        ),
        Bench(
            "tabular_serving",
            "a row and 1,000 rows of the serving image vs the libraries' own predict",
            [
                [tabular, "-m", "benchmarks.tabular_serving", "make", f"--folder={tables}"],
                [
                    serving,
                    "-m",
                    "benchmarks.tabular_serving",
                    "measure",
                    f"--folder={tables}",
                    f"--native={tabular}",
                    f"--json={RESULTS / 'tabular_serving.json'}",
                ],
            ],
        ),
        Bench(
            "tabular_memory",
            "peak memory of reading and encoding 1,000,000 rows of 50 columns",
            [[tabular, "-m", "benchmarks.tabular_memory", f"--json={RESULTS / 'tabular_memory.json'}"]],
        ),
        Bench(
            "engine_invocations",
            "InvokeEndpoint through the engine vs the container called directly",
            [[*own, "benchmarks.engine_invocations"]],
        ),
        Bench(
            "hosting_modes",
            "start, switch under load and memory of services on own and on shared machines",
            [[*own, "benchmarks.hosting_modes"]],
        ),
        Bench("engine_jobs", "queue of no-op jobs vs bare processes", [[*own, "benchmarks.engine_jobs"]]),
        Bench("engine_logs", "job that prints 10,000 lines/s vs bare", [[*own, "benchmarks.engine_logs"]]),
        Bench("local_cloud", "bml up and the demo", [[*own, "benchmarks.local_cloud"]]),
    ]


def run(bench: Bench) -> dict[str, object]:
    paths = (
        "layers/platform",
        "layers/catalog",
        "layers/formats",
        "containers/kit",
        "containers/data",
        "containers/tabular",
        "infra/local",
        "sdk",
        ".",
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(REPOSITORY / path) for path in paths)}
    started = time.monotonic()
    code = 0
    for command in bench.commands:
        try:
            code = subprocess.run(command, cwd=REPOSITORY, env=env, check=False, timeout=LIMIT_S).returncode
        except subprocess.TimeoutExpired:
            code = 124
        if code:
            break
    seconds = round(time.monotonic() - started, 1)
    return {"name": bench.name, "what": bench.what, "exit_code": code, "seconds": seconds}


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the benchmarks.")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this one; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the names and end")
    given = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as folder:
        known = benches(Path(folder))
        unknown = set(given.only or ()) - {bench.name for bench in known}
        if unknown:
            parser.error(f"no benchmark {', '.join(sorted(unknown))}; --list shows them")
        if given.list:
            for bench in known:
                print(f"{bench.name:<20} {bench.what}")
            return 0
        rows = []
        for bench in known:
            if given.only is None or bench.name in given.only:
                print(f"\n== {bench.name}: {bench.what}", flush=True)
                rows.append(run(bench))
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end",
        "runs": rows,
    }
    (RESULTS / "latest.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    print()
    for row in rows:
        outcome = "ok" if row["exit_code"] == 0 else f"exit {row['exit_code']}"
        print(f"{row['name']!s:<20} {outcome:<9} {row['seconds']} s")
    return max((int(str(row["exit_code"])) for row in rows), default=0)


if __name__ == "__main__":
    sys.exit(main())
