"""Quality reports of 1,000 and 10,000 images against a bare loop that only decodes them.

Both read the same files from disk with as many threads as there are cores. The report measures light and
sharpness, compares every image with those before it and counts boxes; the loop is `Image.open(...).load()`.
Each run is a process of its own, so that its peak memory is its own. The slope is what an image costs at
10,000 against 1,000.
"""

import hashlib
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from openbml_catalog.datasets import dataset_kinds
from openbml_data import quality_reports
from openbml_data.job_progress import JobProgress
from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.listings import ListedSample
from openbml_formats.protocols import ExportInfo
from openbml_kit.progress import Progress

RESULT = Path(__file__).parent / "results" / "quality_report.json"
SIZES = (1_000, 10_000)
SIDES = (640, 480)
BUDGET_RATIO = 0.30
BUDGET_SLOPE = 1.2
BUDGET_MIB = 512
_PICTURES = 250  # drawn; the others are turned, cut and re-encoded ones


def make_images(folder: Path, count: int) -> dict[str, Any]:
    for number in range(count):
        rng = random.Random(number)
        image = _drawn(number % _PICTURES).rotate(rng.randrange(4) * 90).crop(_window(rng)).resize(SIDES)
        image.save(folder / f"{number:06}.jpg", quality=rng.randrange(70, 95))
    return {"images": count}


def _drawn(seed: int, known: dict[int, Image.Image] = {}) -> Image.Image:  # noqa: B006 - a cache of this process
    if seed not in known:
        rng = random.Random(-seed)
        image = Image.frombytes("RGB", (80, 60), rng.randbytes(80 * 60 * 3)).resize((800, 600))
        draw = ImageDraw.Draw(image)
        for _ in range(25):
            x, y = rng.randrange(700), rng.randrange(500)
            colour = tuple(rng.randrange(256) for _ in range(3))
            draw.ellipse((x, y, x + rng.randrange(20, 200), y + rng.randrange(20, 200)), fill=colour)
        known[seed] = image
    return known[seed]


def _window(rng: random.Random) -> tuple[int, int, int, int]:
    left, top = rng.randrange(160), rng.randrange(120)
    return left, top, left + 640, top + 480


class FolderWorkspace:
    """A version whose blobs are files of a folder, named by their numbers."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._count = count
        self.progress = JobProgress(Progress(io.StringIO()))

    def samples(self) -> Iterator[ListedSample]:
        box = Region(label="a", box=Box(x1=10, y1=10, x2=200, y2=200))
        for number in range(self._count):
            yield ListedSample(
                sample_id=number,
                name=f"{number:06}.jpg",
                annotation=Annotation(regions=(box, box.model_copy(update={"label": f"b{number % 9}"}))),
                extension="jpg",
                sha256=hashlib.sha256(str(number).encode()).hexdigest(),
                size_bytes=90_000,
            )

    def with_content(
        self, samples: Iterable[ListedSample]
    ) -> Iterator[tuple[ListedSample, Callable[[], bytes]]]:
        for sample in samples:
            yield sample, (self._folder / sample.name).read_bytes


def report(folder: Path, count: int) -> dict[str, Any]:
    order = DataJobOrder(
        job_id="1",
        kind=DataJobKind.QUALITY_REPORT,
        data_bucket="x",
        uploads_bucket="x",
        project_prefix="",
        dataset=ExportInfo(
            dataset_name="bench", version_number=1, kind=dataset_kinds()["object_detection"], labels=[]
        ),
        sample_count=count,
        result_key="x",
    )
    workspace: Any = FolderWorkspace(folder, count)
    idle = _peak_mib()
    started = time.perf_counter()
    found = quality_reports.run(order, workspace)
    seconds = time.perf_counter() - started
    assert found.images is not None
    assert found.images.measured == count
    size = len(found.model_dump_json())
    return {"seconds": seconds, "idle_mib": idle, "peak_mib": _peak_mib(), "document_bytes": size}


def bare(folder: Path, count: int) -> dict[str, Any]:
    started = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _ in pool.map(lambda number: _decoded(folder / f"{number:06}.jpg"), range(count)):
            pass
    return {"seconds": time.perf_counter() - started, "peak_mib": _peak_mib()}


def _decoded(path: Path) -> None:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        image.load()


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def started_from_here(what: str, folder: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.quality_report", what, str(folder), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measured(what: str, folder: Path, count: int) -> dict[str, Any]:
    found = started_from_here(what, folder, count)
    return {**found, "images_per_s": round(count / found["seconds"], 1)}


def _tell(rows: dict[str, Any]) -> None:
    for count in SIZES:
        row = rows[str(count)]
        print(
            f"{count:>6} images: report {row['report']['images_per_s']}/s, decoding only "
            f"{row['bare']['images_per_s']}/s, peak {row['report']['peak_mib']:.0f} MiB"
        )


def main() -> int:
    if len(sys.argv) == 4:
        what, folder, count = sys.argv[1:]
        print(
            json.dumps({"report": report, "bare": bare, "make": make_images}[what](Path(folder), int(count)))
        )
        return 0
    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as name:
        started_from_here("make", Path(name), max(SIZES))
        for count in SIZES:
            rows[str(count)] = {what: measured(what, Path(name), count) for what in ("bare", "report")}
    small, large = (rows[str(count)] for count in SIZES)
    ratio = large["report"]["images_per_s"] / large["bare"]["images_per_s"]
    slope = small["report"]["images_per_s"] / large["report"]["images_per_s"]
    document = {
        "image_sides": SIDES,
        "runs": rows,
        "ratio": round(ratio, 3),
        "slope": round(slope, 3),
        "budgets": {"ratio": BUDGET_RATIO, "slope": BUDGET_SLOPE, "peak_mib": BUDGET_MIB},
    }
    RESULT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    _tell(rows)
    print(f"ratio {ratio:.2f} (budget {BUDGET_RATIO}), cost per image x{slope:.2f} (budget {BUDGET_SLOPE})")
    within = ratio >= BUDGET_RATIO and slope <= BUDGET_SLOPE and large["report"]["peak_mib"] <= BUDGET_MIB
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
