"""Requests per second of the serving image against ONNX Runtime in process, decoding included.

    OPENBML_DEEP_PYTHON    benchmarks/serving_throughput.py make-model --model FOLDER
    OPENBML_SERVING_PYTHON benchmarks/serving_throughput.py measure --model FOLDER     (budget: at least 95 %)

The limit is the same work without HTTP: base64 and JPEG decoding, resize, normalise, infer, in one thread
with all cores for one client, in as many threads as cores for more. Server and limit alternate; figures are
medians. The load generator shares the machine's cores with the server, and its cost counts against the
server. `OPENBML_MODEL_VARIANT=int8` measures a variant.
"""

import argparse
import base64
import io
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [
    str(ROOT / folder)
    for folder in (
        "containers/deep",
        "containers/serving",
        "containers/kit",
        "layers/catalog",
        "layers/formats",
    )
]
sys.path[:0] = FOLDERS


def make_model(folder: Path, *, task: str, network: str, size: int, variants: str) -> None:
    """Export a network with random weights: the speed does not depend on them."""
    from openbml_deep.vision_operators import provide_vision_operators

    provide_vision_operators()
    import torch

    from openbml_catalog.networks import networks
    from openbml_deep.export import NetworkExport, export_network
    from openbml_deep.networks import NetworkPlan, build_network
    from openbml_kit import images, letterbox
    from openbml_kit.files import write_json
    from openbml_kit.model_manifest import MANIFEST_FILE, ImageInput, ModelManifest, Outputs

    labels = [f"label {index}" for index in range(10)]
    torch.manual_seed(1)
    kind = {"image_classification": "scores", "semantic_segmentation": "class_scores"}.get(task, "objects")
    samples = torch.randn(2, 3, size, size)
    exported = export_network(
        build_network(NetworkPlan(networks(task)[network], label_count=len(labels), input_size=size)),
        folder / "model",
        NetworkExport(
            Outputs(kind=kind),
            samples,
            calibration=lambda: [samples[:1].numpy()],
            variants=variants,
        ),
        note=print,
    )
    manifest = ModelManifest(
        task=task,
        network=network,
        labels=labels,
        input=ImageInput(
            size=size,
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            resize=images.RESIZE if kind == "scores" else letterbox.RESIZE,
            decoder=images.DECODER,
        ),
        outputs=exported.outputs,
        recommended_threshold=0.5,
        onnx=exported.proof,
        variants=exported.variants,
        weights_source="random",
        run_id="",
        snapshot_id="",
        framework_versions={},
    )
    write_json(folder / "model" / MANIFEST_FILE, manifest.model_dump(mode="json"))


def photograph() -> bytes:
    """A 640x480 JPEG of about 100 KB."""
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(1)
    coarse = Image.fromarray(random.integers(0, 256, (60, 80, 3), dtype=np.uint8)).resize((640, 480))
    noisy = np.asarray(coarse, dtype=np.int16) + random.integers(-18, 19, (480, 640, 3))
    buffer = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def in_process(model: Path, document: dict[str, str], *, clients: int, seconds: float) -> float:
    """Return requests per second of the handler itself, called by as many threads as can compute at once."""
    from openbml_kit.places import core_count
    from openbml_serving.tasks import load_task

    cores, variant = core_count(os.environ), os.environ.get("OPENBML_MODEL_VARIANT")
    handler = load_task(model / "model", cores=cores, variant=variant).handler
    handler.warm_up()

    def loop(deadline: float) -> int:
        done = 0
        while time.perf_counter() < deadline:
            handler.answer(document, alone=clients == 1)
            done += 1
        return done

    threads = min(clients, cores)
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        counts = list(pool.map(loop, [started + seconds] * threads))
    return sum(counts) / (time.perf_counter() - started)


def over_http(port: int, body: bytes, *, clients: int, seconds: float) -> tuple[float, list[float]]:
    """Return requests per second and every latency; each client waits for its answer."""
    lines = (
        "POST /invocations HTTP/1.1",
        "Host: x",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    request = "\r\n".join((*lines, "", "")).encode() + body
    started = time.perf_counter()

    def loop(_client: int) -> list[float]:
        latencies: list[float] = []
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while (sent := time.perf_counter()) < started + seconds:
                connection.sendall(request)
                reply = b""
                while not reply.endswith(b"]}"):
                    part = connection.recv(65536)
                    reply += part
                    if not part or b"error_code" in reply:
                        raise RuntimeError(f"unexpected reply {reply[:300]!r}")
                latencies.append(time.perf_counter() - sent)
        return latencies

    with ThreadPoolExecutor(clients) as pool:
        latencies = [latency for client in pool.map(loop, range(clients)) for latency in client]
    return len(latencies) / (time.perf_counter() - started), latencies


def start_server(model: Path, port: int) -> tuple[subprocess.Popen[bytes], float]:
    """Return the process and the seconds until `/ping` said 200."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(FOLDERS)}
    env |= {"SAGEMAKER_BASE_DIR": str(model), "SAGEMAKER_BIND_TO_PORT": str(port)}
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, ROOT / "containers" / "serving" / "serve"], env=env)
    while time.monotonic() < started + 60:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=2).close()
        except OSError:
            time.sleep(0.02)
            continue
        return process, time.monotonic() - started
    process.kill()
    raise RuntimeError("the server was not ready within 60 s")


def resident_mib(pid: int) -> float:
    fields = Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) / 1024


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure(model: Path, *, port: int, rounds: int, seconds: float) -> list[dict[str, float]]:
    document = {"image": base64.b64encode(photograph()).decode()}
    body = json.dumps(document).encode()
    rows = []
    for clients in (1, 8, 32):
        limits: list[float] = []
        rates: list[float] = []
        latencies: list[float] = []
        for _ in range(rounds):
            limits.append(paused(lambda: in_process(model, document, clients=clients, seconds=seconds)))  # noqa: B023 - called at once
            process, ready_s = start_server(model, port)
            try:
                over_http(port, body, clients=clients, seconds=min(1.0, seconds))
                rate, times = over_http(port, body, clients=clients, seconds=seconds)
                memory = resident_mib(process.pid)
            finally:
                process.terminate()
                process.wait(30)
            rates.append(rate)
            latencies += times
        rows.append(
            {
                "clients": clients,
                "limit_per_s": statistics.median(limits),
                "served_per_s": statistics.median(rates),
                "ratio": statistics.median(rates) / statistics.median(limits),
                "p50_ms": percentile(latencies, 0.5) * 1000,
                "p99_ms": percentile(latencies, 0.99) * 1000,
                "resident_mib": memory,
                "ready_s": ready_s,
            }
        )
    return rows


def paused(work: Callable[[], float]) -> float:
    """Run after a second's rest, so that one measurement's heat and sockets do not colour the next."""
    time.sleep(1)
    return work()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["make-model", "measure"])
    parser.add_argument("--model", type=Path, required=True, help="folder that stands for /opt/ml")
    parser.add_argument("--task", default="image_classification", help="a task without masks of objects")
    parser.add_argument("--network", default="ResNet18_vd")
    parser.add_argument("--variants", default="none", help="none, int8, fp16 or all")
    parser.add_argument("--input-size", type=int, default=224)
    parser.add_argument("--port", type=int, default=9299)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    given = parser.parse_args()
    if given.what == "make-model":
        make_model(
            given.model,
            task=given.task,
            network=given.network,
            size=given.input_size,
            variants=given.variants,
        )
        return
    rows = measure(given.model, port=given.port, rounds=given.rounds, seconds=given.seconds)
    print("  ".join(f"{name:>12}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:12.2f}" for value in row.values()))
    if given.json:
        given.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
