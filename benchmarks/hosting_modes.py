"""Both hosting modes on the local engine with the serving image: start, wake-up, switch under load, memory.

    python -m benchmarks.hosting_modes [--weights-mib 180]

Prints a table. Endpoints have machines of their own; components share them (docs/reference/hosting.md). A
copy's memory is the proportional set size of its processes, so that pages which they share count once.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3

from openbml.compute.hostings import STALE_AFTER, HostingMode, HostingState
from tests.contract.compute.hosted import HostedProject
from tests.contract.containers.environments import environment, interpreter
from tests.contract.emulator import emulator, free_port
from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, descendants, eventually

ROOT = Path(__file__).resolve().parents[1]
BUCKET = "hosting-bench"
IMAGES = ROOT / "infra/local/sagemaker_local/images/default_images.yaml"
WRITER = """
import sys
import numpy as np
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import tiny_models as tiny
from openbml_kit.model_manifest import Outputs

def wide(graph):
    rows = int(sys.argv[3]) * 262144 // (3 * tiny.SIZE * tiny.SIZE)
    flat = graph.add("Flatten", "image", axis=1)
    weights = np.random.default_rng(1).standard_normal((3 * tiny.SIZE * tiny.SIZE, rows)).astype(np.float32)
    wide = graph.add("MatMul", flat, graph.constant(weights))
    mean = graph.add("ReduceMean", wide, axes=[1], keepdims=1)
    graph.add("Softmax", graph.add("Concat", mean, mean, mean, axis=1), axis=1, name="scores")

for name, build in {"wide": wide, "small": tiny.channel_means}.items():
    tiny.write_model(Path(sys.argv[2]) / name, "image_classification", list("abc"), Outputs(), build)
"""


class Bench:
    def __init__(self, engine: EngineProcess, emulator_url: str, models: Path) -> None:
        self.engine = engine
        self.emulator_url = emulator_url
        self._models = models
        self._s3 = boto3.client("s3", endpoint_url=emulator_url, **KEYS)

    def project(self, mode: HostingMode) -> HostedProject:
        return HostedProject(self.engine, self.emulator_url, BUCKET, mode)

    def uri(self, model: str) -> str:
        for file in (self._models / model).iterdir():
            self._s3.upload_file(str(file), BUCKET, f"projects/0/models/{model}/{file.name}")
        return f"s3://{BUCKET}/projects/0/models/{model}"

    def timed(self, project: HostedProject, revision: int, **changes: object) -> float:
        began = time.monotonic()
        hosting = project.deploy(revision, **changes)  # type: ignore[arg-type]  # members of the request
        assert hosting.state is HostingState.IN_SERVICE, hosting.failure
        assert hosting.serving_revision == revision, hosting.failure
        return time.monotonic() - began


def pss_mib(project: HostedProject) -> float:
    total = 0
    for process in project.processes():
        for pid in (process["pid"], *descendants(process["pid"])):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                total += int(line.split()[1]) if line.startswith("Pss:") else 0
    return total / 1024


def measure(bench: Bench, mode: HostingMode, weights_mib: int) -> dict[str, float]:
    figures = {}
    small, wide = bench.uri("small"), bench.uri("wide")
    first, second = bench.project(mode), bench.project(mode)
    second.project_id = first.project_id
    figures["first of a project, s"] = bench.timed(first, 1, model_uri=small)
    figures["another of the project, s"] = bench.timed(second, 1, model_uri=small)
    second.remove()
    figures["woken beside another, s"] = bench.timed(second, 2, model_uri=small)
    with first.load(clients=4, body=b'{"image": "eA=="}') as load:
        time.sleep(0.5)
        figures["switch under load, s"] = bench.timed(first, 2, model_uri=small, environment={"A": "2"})
        time.sleep(0.5)
    figures["calls during the switch"] = len(load.answers)
    figures["calls that failed"] = len(load.failures)
    second.remove()
    first.now.at += STALE_AFTER
    first.settled()
    eventually(lambda: len(first.processes()) == 2)
    figures["copy of a small model, MiB"] = pss_mib(first) / 2
    bench.timed(second, 3, model_uri=wide, copies=1)
    figures["extra model, MiB"] = pss_mib(second)
    figures["of its weights"] = figures["extra model, MiB"] / weights_mib
    for project in (first, second):
        project.remove()
    return figures


@contextmanager
def running(folder: Path) -> Iterator[tuple[EngineProcess, str]]:
    (folder / "ministack").mkdir()
    with emulator(folder / "ministack") as url:
        boto3.client("s3", endpoint_url=url, **KEYS).create_bucket(Bucket=BUCKET)
        engine = EngineProcess(
            state_dir=folder / "state",
            port=free_port(),
            worker_ports="33000-33099",
            emulator=url,
            SML_IMAGES=str(IMAGES),
            SML_PING_INTERVAL_S="0.1",
        )
        engine.start()
        try:
            yield engine, url
        finally:
            engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights-mib", type=int, default=180)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scripts = ROOT / "tests/contract/containers"
        subprocess.run(
            [interpreter("deep"), "-c", WRITER, scripts, folder / "models", str(arguments.weights_mib)],
            env=environment("deep", folder),
            check=True,
        )
        with running(folder) as (engine, url):
            bench = Bench(engine, url, folder / "models")
            rows = {mode: measure(bench, mode, arguments.weights_mib) for mode in HostingMode}
    for title in rows[HostingMode.ENDPOINTS]:
        values = "  ".join(f"{rows[mode][title]:>10.2f}" for mode in HostingMode)
        print(f"{title:<30}{values}")


if __name__ == "__main__":
    main()
