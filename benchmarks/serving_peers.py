"""The serving image's server beside LitServe, BentoML and MLServer, and beside the same work without HTTP.

    python -m benchmarks.serving_peers [--rounds 3] [--seconds 5] [--environment FOLDER] [--json FILE]

One command: makes the two models (a ResNet-18-class classifier that gets 640x480 JPEGs as base64 in JSON, a
linear model of 30 numbers), builds the peers' environment from `peers/serving.txt` where it is not there, and
measures all in turns, so that what else the machine does meets each of them. Every server is warmed up and
measured alone. The peers run as their documentation says, with httptools and uvloop: one process for the
small model, one worker a core for the images, ONNX Runtime with one thread each; for one client the images
have a worker that uses all cores. Prints medians and the ratios to the goals. The load generator shares the
cores with the servers. `CPU ms` is the processor time of a request, which a busy machine changes least.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.serving_report import CLIENTS, Row, report
from benchmarks.run_all import image_python

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "benchmarks" / "peers" / "serving.txt"
PORT = 22300
READY_S = 90.0
# Some of the peers break off connections when a machine is overloaded.
_MOST_WRONG = 0.05
IMAGES = ("containers/serving", "containers/kit", "layers/catalog", "layers/formats")


@dataclass(frozen=True)
class Contender:
    """A server of a model.

    Attributes:
        command: for a number of clients.
        body: in the form that it takes.
    """

    name: str
    command: Callable[[int], Sequence[str]]
    body: bytes
    path: str
    expected: str
    ready_path: str
    env: Mapping[str, str] = field(default_factory=dict)
    env_of: Callable[[int], Mapping[str, str]] = lambda _: {}


class Bench:
    def __init__(self, given: argparse.Namespace, scratch: Path) -> None:
        self._seconds: float = given.seconds
        self._rounds: int = given.rounds
        self._scratch = scratch
        self._kinds: Sequence[str] = given.kind or ("table", "image")
        self._deep, self._tabular, self._serving = map(image_python, ("deep", "tabular", "serving"))
        self._peers = peers_python(given.environment)
        self.rows: dict[tuple[str, str, int], Row] = {}

    def run(self) -> None:
        self._make_models()
        for kind in self._kinds:
            contenders = self._contenders(kind)
            for _ in range(self._rounds):
                for clients in CLIENTS:
                    self._measure_limit(kind, clients)
                    for contender in contenders:
                        self._measure(kind, contender, clients)

    def _row(self, kind: str, name: str, clients: int) -> Row:
        return self.rows.setdefault((kind, name, clients), Row())

    def _make_models(self) -> None:
        image = ["benchmarks/serving_throughput.py", "make-model", f"--model={self._scratch / 'image'}"]
        table = ["benchmarks/serving_models.py", f"--folder={self._scratch / 'table'}"]
        for command in ([self._deep, *image, "--variants=int8"], [self._tabular, *table]):
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        photograph = "from benchmarks.serving_throughput import photograph; import sys; "
        picture = subprocess.run(
            [self._serving, "-c", photograph + "sys.stdout.buffer.write(photograph())"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        import base64

        self._picture = base64.b64encode(picture).decode()
        self._rows: list[dict[str, float]] = json.loads((self._scratch / "table" / "body.json").read_text())[
            "data"
        ]
        (self._scratch / "image" / "body.json").write_text(json.dumps({"image": self._picture}))

    def _contenders(self, kind: str) -> list[Contender]:
        base = self._scratch / kind
        own_body = (base / "body.json").read_bytes()
        found = [
            Contender(
                name,
                lambda _: [self._serving, str(ROOT / "containers" / "serving" / "serve")],
                own_body,
                "/invocations",
                "results",
                "/ping",
                {
                    "SAGEMAKER_BASE_DIR": str(base),
                    "SAGEMAKER_BIND_TO_PORT": str(PORT),
                    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in IMAGES),
                    "OPENBML_MODEL_VARIANT": variant,
                },
            )
            for name, variant in (
                [("openbml", "fp32"), ("openbml int8", "int8")] if kind == "image" else [("openbml", "fp32")]
            )
        ]
        cores = os.cpu_count() or 1
        peers_env = {"PYTHONPATH": str(ROOT), "BENCH_MODEL": str(base / "model"), "BENTOML_DO_NOT_TRACK": "1"}

        def shape(clients: int) -> tuple[int, int]:
            """Return processes and threads of each."""
            if kind == "table":
                return 1, 1
            return (1, cores) if clients == 1 else (cores, 1)

        def env_of(clients: int) -> Mapping[str, str]:
            processes, threads = shape(clients)
            return {"BENCH_WORKERS": str(processes), "BENCH_THREADS": str(threads)}

        python, service = self._peers, "TableService" if kind == "table" else "ImageService"
        found.append(
            Contender(
                "LitServe",
                lambda clients: [
                    python,
                    "-m",
                    "benchmarks.peers.serve_litserve",
                    kind,
                    str(PORT),
                    str(shape(clients)[0]),
                ],
                own_body,
                "/predict",
                "results",
                "/health",
                peers_env,
                env_of,
            )
        )
        found.append(
            Contender(
                "BentoML",
                lambda _: [
                    python,
                    "-m",
                    "bentoml",
                    "serve",
                    f"benchmarks.peers.serve_bentoml:{service}",
                    "--host=127.0.0.1",
                    f"--port={PORT}",
                ],
                own_body,
                "/predict",
                "results",
                "/readyz",
                peers_env,
                env_of,
            )
        )
        found.append(
            Contender(
                "MLServer",
                lambda clients: [
                    str(Path(python).parent / "mlserver"),
                    "start",
                    str(self._mlserver_folder(kind)),
                ],
                self._v2_body(kind),
                f"/v2/models/{kind}/infer",
                "results",
                f"/v2/models/{kind}/ready",
                peers_env,
                env_of,
            )
        )
        return found

    def _v2_body(self, kind: str) -> bytes:
        numbers = list(self._rows[0].values())
        given: dict[str, Any] = (
            {"name": "rows", "shape": [1, len(numbers)], "datatype": "FP32", "data": numbers}
            if kind == "table"
            else {"name": "image", "shape": [1], "datatype": "BYTES", "data": [self._picture]}
        )
        return json.dumps({"inputs": [given]}).encode()

    def _mlserver_folder(self, kind: str) -> Path:
        folder = self._scratch / f"mlserver-{kind}"
        folder.mkdir(exist_ok=True)
        settings = {
            "host": "127.0.0.1",
            "http_port": PORT,
            "grpc_port": PORT + 1,
            "metrics_port": PORT + 2,
            "parallel_workers": 0,
            "debug": False,
            "metrics_endpoint": None,
            "logging_settings": None,
        }
        (folder / "settings.json").write_text(json.dumps(settings))
        name = "TableModel" if kind == "table" else "ImageModel"
        model = {"name": kind, "implementation": f"benchmarks.peers.serve_mlserver.{name}"}
        (folder / "model-settings.json").write_text(json.dumps(model))
        return folder

    def _measure_limit(self, kind: str, clients: int) -> None:
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *(str(ROOT / part) for part in IMAGES)]),
            "OPENBML_MODEL_VARIANT": "fp32",
        }
        script = (
            "import json, sys; from pathlib import Path; "
            "from benchmarks.serving_throughput import in_process; "
            "base, clients, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]); "
            "document = json.loads((base / 'body.json').read_text()); "
            "print(in_process(base, document, clients=clients, seconds=seconds))"
        )
        command = [self._serving, "-c", script, str(self._scratch / kind), str(clients), str(self._seconds)]
        told = subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True).stdout
        self._row(kind, "limit", clients).rates.append(float(told))

    def _measure(self, kind: str, contender: Contender, clients: int) -> None:
        row = self._row(kind, contender.name, clients)
        body = self._scratch / "sent.json"
        body.write_bytes(contender.body)
        with self._running(contender, clients) as (process, start_s):
            self._load(contender, body, clients, min(2.0, self._seconds))
            before_s = family_cpu_s(process.pid)
            told = self._load(contender, body, clients, self._seconds)
            row.cpu.append((family_cpu_s(process.pid) - before_s) / told["requests"] * 1000)
            row.memory.append(family_mib(process.pid))
        if told["wrong"] > _MOST_WRONG * told["requests"]:
            raise SystemExit(
                f"{contender.name} answered {told['wrong']} of {told['requests']} requests wrongly"
            )
        row.rates.append(told["per_second"])
        row.p50s.append(told["p50_ms"])
        row.p99s.append(told["p99_ms"])
        row.starts.append(start_s)
        wrong = f", {told['wrong']} wrong" if told["wrong"] else ""
        print(
            f"{kind:<6}{contender.name:<14}{clients:>3} clients {told['per_second']:>10.1f}/s{wrong}",
            flush=True,
        )

    @contextmanager
    def _running(self, contender: Contender, clients: int) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
        env = {**os.environ, **contender.env, **contender.env_of(clients), "OMP_NUM_THREADS": "1"}
        log = (self._scratch / f"{contender.name}.log").open("wb")
        started = time.monotonic()
        command = contender.command(clients)
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        try:
            while not answers(f"http://127.0.0.1:{PORT}{contender.ready_path}"):
                if process.poll() is not None or time.monotonic() > started + READY_S:
                    raise SystemExit(f"{contender.name} did not start: {Path(log.name).read_text()[-2000:]}")
                time.sleep(0.01)
            yield process, time.monotonic() - started
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):  # not all of them end their workers
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            log.close()

    def _load(self, contender: Contender, body: Path, clients: int, seconds: float) -> dict[str, Any]:
        command = [
            self._serving,
            "-m",
            "benchmarks.serving_load",
            f"--port={PORT}",
            f"--path={contender.path}",
        ]
        command += [
            f"--body={body}",
            f"--expected={contender.expected}",
            f"--clients={clients}",
            f"--seconds={seconds}",
        ]
        told: dict[str, Any] = json.loads(
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        )
        return told


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def family_of(pid: int) -> list[int]:
    """Return a process and those it started, as far as they are there."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    family = [pid]
    for one in family:
        family += children.get(one, [])
    return family


def family_cpu_s(pid: int) -> float:
    """Return the processor time that a process and those it started have used, their ended ones' too."""
    ticks = 0
    for one in family_of(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:13] if one != pid else fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def family_mib(pid: int) -> float:
    """Return the proportional memory of a process and of those it started."""
    total = 0.0
    for one in family_of(pid):
        rollup = Path(f"/proc/{one}/smaps_rollup")
        told = rollup.read_text() if rollup.exists() else ""
        if "Pss:" in told:
            total += int(told.split("Pss:")[1].split()[0]) / 1024
        else:
            total += int(Path(f"/proc/{one}/status").read_text().split("VmRSS:")[1].split()[0]) / 1024
    return total


def peers_python(folder: Path) -> str:
    """Return the interpreter of the peers' environment, built where it is not there."""
    python = folder / "bin" / "python"
    ready = folder / "ready.txt"
    if not ready.exists() or ready.read_text() != LOCK.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", LOCK]
        subprocess.run(install, check=True)
        ready.write_text(LOCK.read_text())
    return str(python)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", action="append", choices=["table", "image"], help="only this model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument(
        "--environment", type=Path, default=Path(tempfile.gettempdir()) / "openbml-serving-peers"
    )
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openbml-serving-peers-") as folder:
        bench = Bench(given, Path(folder))
        bench.run()
    told = report(bench.rows)
    if given.json:
        given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
