"""Items per second of a batch job beside the same model in a loop without reading or writing.

Run it in the serving image's environment, on models that `serving_throughput.py make-model` and
`serving_models.py` write:

    export PYTHONPATH=containers/serving:containers/batch:containers/kit:layers/catalog:layers/formats:.
    python benchmarks/batch_prediction.py --pictures FOLDER/model --tables FOLDER/model

Pictures are 640×480 JPEG files: requests in JSON Lines, a folder, a zip. Rows of the table are CSV. Storage
is a dictionary, so that the figures are the job's own work: parsing, order, parts, journal.
"""

import argparse
import base64
import csv
import io
import json
import statistics
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from openbml_batch.job import Node, predict
from openbml_batch.task_models import TaskModel
from openbml_formats.batch_orders import BatchOrder
from openbml_kit.progress import Progress
from tests.fakes.s3_memory import MemoryS3

PICTURES, ROWS, REPEATS, DISTINCT = 200, 50_000, 3, 8
ROWS_OF_A_REQUEST = 250


def picture(seed: int) -> bytes:
    """Return a smooth picture, which a JPEG of about 40 KB holds."""
    noise = np.random.default_rng(seed).integers(0, 255, (30, 40, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


class Figures(NamedTuple):
    """`cpu_us` is the processor's time for an item, which a busy machine does not change."""

    per_second: float
    cpu_us: float


def timed(work: Callable[[], None], items: int) -> Figures:
    """Return the medians of some runs."""
    rates, cpu = [], []
    for _ in range(REPEATS):
        begun, cpu_begun = time.perf_counter(), time.process_time()
        work()
        rates.append(items / (time.perf_counter() - begun))
        cpu.append((time.process_time() - cpu_begun) / items * 1e6)
    return Figures(statistics.median(rates), statistics.median(cpu))


def limit_of_pictures(model: TaskModel, contents: Sequence[bytes], cores: int) -> Figures:
    """Decode and compute, on as many threads as there are cores."""
    documents = [{"image": base64.b64encode(content).decode()} for content in contents]

    def work() -> None:
        with ThreadPoolExecutor(cores) as pool:
            for _ in pool.map(model.answer, (documents[i % len(documents)] for i in range(PICTURES))):
                pass

    return timed(work, PICTURES)


def limit_of_rows(model: TaskModel, rows: Sequence[Mapping[str, Any]], cores: int) -> Figures:
    requests = [
        {"data": rows[start : start + ROWS_OF_A_REQUEST]} for start in range(0, len(rows), ROWS_OF_A_REQUEST)
    ]

    def work() -> None:
        with ThreadPoolExecutor(cores) as pool:
            for _ in pool.map(model.answer, requests):
                pass

    return timed(work, len(rows))


def rate(model: TaskModel, objects: Mapping[str, bytes], uri: str, items: int, output: str) -> Figures:
    def work() -> None:
        s3 = MemoryS3()
        s3.objects.update({("in", name): body for name, body in objects.items()})
        order = BatchOrder(
            job_id="1",
            input_uri=f"s3://in/{uri}",
            output_uri="s3://out/o/",
            journal_uri="s3://out/j/",
            output_format=output,  # type: ignore[arg-type]
            part_items=10_000 if output == "csv" else 500,
        )
        predict(order, model, s3, node=Node(0, 1), progress=Progress(io.StringIO()))
        summary = json.loads(s3.objects["out", "o/summary.json"])
        assert (summary["items"], summary["failed"]) == (items, 0), summary

    return timed(work, items)


def of_pictures(folder: Path, cores: int) -> Iterator[tuple[str, Figures]]:
    model = TaskModel(folder, cores=cores, variant=None)
    contents = [picture(seed) for seed in range(DISTINCT)]
    names = [f"p/{number:05}.jpg" for number in range(PICTURES)]
    of_name = {name: contents[number % DISTINCT] for number, name in enumerate(names)}
    lines = (json.dumps({"image": base64.b64encode(body).decode()}).encode() for body in of_name.values())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, body in of_name.items():
            archive.writestr(name, body)
    yield "pictures, in process", limit_of_pictures(model, contents, cores)
    yield "pictures, JSON Lines", rate(model, {"r.jsonl": b"\n".join(lines)}, "r.jsonl", PICTURES, "jsonl")
    yield "pictures, folder", rate(model, of_name, "p/", PICTURES, "jsonl")
    yield "pictures, zip", rate(model, {"p.zip": packed.getvalue()}, "p.zip", PICTURES, "jsonl")


def of_rows(folder: Path, cores: int) -> Iterator[tuple[str, Figures]]:
    model = TaskModel(folder, cores=cores, variant=None)
    draw = np.random.default_rng(1).normal(size=(ROWS, len(model.features))).round(4).tolist()
    rows = [dict(zip(model.features, values, strict=True)) for values in draw]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(model.features)
    writer.writerows(draw)
    body = text.getvalue().encode()
    yield "rows, in process", limit_of_rows(model, rows, cores)
    yield "rows, CSV to CSV", rate(model, {"t.csv": body}, "t.csv", ROWS, "csv")
    yield "rows, CSV to JSON Lines", rate(model, {"t.csv": body}, "t.csv", ROWS, "jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="a model folder of image classification")
    parser.add_argument("--tables", type=Path, help="a model folder of tables of numbers")
    parser.add_argument("--cores", type=int, default=2)
    given = parser.parse_args()
    for folder, measured in ((given.pictures, of_pictures), (given.tables, of_rows)):
        for name, figures in measured(folder, given.cores) if folder else ():
            told = f"{figures.per_second:10.1f} items/s {figures.cpu_us:10.1f} us of CPU each"
            print(f"{name:28} {told}", flush=True)


if __name__ == "__main__":
    main()
