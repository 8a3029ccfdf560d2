"""The serving image's server under 80 % of what it can, for long: errors, latencies, memory.

    python -m benchmarks.serving_soak [--minutes 10] [--kind table | image] [--json FILE]

One command: makes the model, finds how much the server answers at most, then asks 80 % of that in slices of
ten seconds. Every second slice is joined by clients that break off, send halves and send what is wrong: they
must cost the others nothing. Ends with exit code 1 where a request was answered wrongly or memory grows by
more than 1 MiB a minute over the second half.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.run_all import image_python
from benchmarks.serving_peers import IMAGES, answers

ROOT = Path(__file__).resolve().parent.parent
PORT = 22360
CLIENTS = 16
SLICE_S = 10.0
SHARE = 0.8
_FEWEST_SLICES = 5
MOST_MIB_PER_MINUTE = 1.0
_HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
ODD = (
    b"",
    b"hello\r\n\r\n",
    _HEAD,
    _HEAD + b"Content-Length: 1000\r\n\r\n{",
    _HEAD + b"Content-Length: 2\r\n\r\n[]",
    _HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nzz',
    _HEAD + b"X: " + b"a" * 100_000,
)


@dataclass(frozen=True)
class Slice:
    at_s: float
    per_second: float
    wrong: int
    p50_ms: float
    p99_ms: float
    memory_mib: float


def make_model(kind: str, base: Path) -> None:
    """Write `base/model` and `base/body.json`."""
    if kind == "table":
        command = [image_python("tabular"), "benchmarks/serving_models.py", f"--folder={base}"]
        subprocess.run(command, cwd=ROOT, check=True)
        return
    script = ["benchmarks/serving_throughput.py", "make-model", f"--model={base}"]
    subprocess.run([image_python("deep"), *script], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    written = (
        "import base64, json, sys; from benchmarks.serving_throughput import photograph; "
        "print(json.dumps({'image': base64.b64encode(photograph()).decode()}))"
    )
    made = subprocess.run(
        [image_python("serving"), "-c", written], cwd=ROOT, check=True, capture_output=True
    ).stdout
    (base / "body.json").write_bytes(made)


def load(body: Path, seconds: float, per_second: float | None) -> dict[str, Any]:
    command = [image_python("serving"), "-m", "benchmarks.serving_load", f"--port={PORT}", f"--body={body}"]
    command += [f"--clients={CLIENTS}", f"--seconds={seconds}"]
    command += [f"--per-second={per_second}"] if per_second else []
    told: dict[str, Any] = json.loads(
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    )
    return told


def disturb(until: float) -> None:
    """Open connections that mean no good, twenty a second."""
    held: list[socket.socket] = []
    while time.monotonic() < until:
        with suppress(OSError):
            one = socket.create_connection(("127.0.0.1", PORT), timeout=2)
            held.append(one)
            one.sendall(ODD[len(held) % len(ODD)])
        if len(held) > 50:
            held.pop(0).close()
        time.sleep(0.05)
    for one in held:
        one.close()


def soak(process: subprocess.Popen[bytes], body: Path, minutes: float) -> list[Slice]:
    load(body, 3, None)
    capacity = statistics.median(load(body, 5, None)["per_second"] for _ in range(3))
    print(f"answers at most {capacity:.0f}/s; asked for {SHARE * capacity:.0f}/s", flush=True)
    slices: list[Slice] = []
    started = time.monotonic()
    while time.monotonic() < started + minutes * 60:
        odd = threading.Thread(target=disturb, args=(time.monotonic() + SLICE_S,))
        if len(slices) % 2:
            odd.start()
        told = load(body, SLICE_S, SHARE * capacity)
        if len(slices) % 2:
            odd.join()
        slices.append(
            Slice(
                round(time.monotonic() - started, 1),
                told["per_second"],
                told["wrong"],
                told["p50_ms"],
                told["p99_ms"],
                round(own_mib(process.pid), 2),
            )
        )
        print("  ".join(f"{name} {value}" for name, value in asdict(slices[-1]).items()), flush=True)
    return slices


def own_mib(pid: int) -> float:
    """Return the memory that a process shares with nobody, so that other processes do not change it."""
    told = Path(f"/proc/{pid}/status").read_text().split("RssAnon:")[1].split()[0]
    return int(told) / 1024


def mib_per_minute(slices: list[Slice]) -> float:
    """Return how fast memory grows over the second half; 0 where that is too short to tell."""
    later = slices[len(slices) // 2 :]
    if len(later) < _FEWEST_SLICES:
        return 0.0
    slope, _ = statistics.linear_regression(
        [one.at_s / 60 for one in later], [one.memory_mib for one in later]
    )
    return slope


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kind", choices=["table", "image"], default="table")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="openbml-serving-soak-") as folder:
        base = Path(folder)
        make_model(given.kind, base)
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in IMAGES)}
        env |= {"SAGEMAKER_BASE_DIR": str(base), "SAGEMAKER_BIND_TO_PORT": str(PORT), "OMP_NUM_THREADS": "1"}
        serve = [image_python("serving"), str(ROOT / "containers" / "serving" / "serve")]
        process = subprocess.Popen(serve, env=env)
        try:
            while not answers(f"http://127.0.0.1:{PORT}/ping"):
                time.sleep(0.05)
            slices = soak(process, base / "body.json", given.minutes)
        finally:
            process.terminate()
            ended = process.wait(60)
    grown, wrong = mib_per_minute(slices), sum(one.wrong for one in slices)
    worst = max(one.p99_ms for one in slices)
    print(f"wrong {wrong}, memory {grown:+.3f} MiB a minute, worst p99 {worst} ms, exit code {ended}")
    if given.json:
        told = {
            "kind": given.kind,
            "minutes": given.minutes,
            "wrong": wrong,
            "mib_per_minute": round(grown, 4),
        }
        given.json.write_text(
            json.dumps({**told, "slices": [asdict(one) for one in slices]}, indent=2) + "\n"
        )
    return int(wrong > 0 or ended != 0 or grown > MOST_MIB_PER_MINUTE)


if __name__ == "__main__":
    sys.exit(main())
