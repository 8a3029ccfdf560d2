"""Import of an image zip against a bare boto3 loop, and the memory of planning a huge one.

The loop makes the same requests (read of the archive, PUTs of image and thumbnail, claim of the content, the
look whether a sweep is at it, the sample's row), hashes and header reads with as many threads, from the same
MiniStack on the same cores, and nothing else: no checks, no counts, no repeatability. Its thumbnails are
given to it; a second loop decodes them too, as the import must. Rounds alternate, the ratios are of medians.
Budgets: `docs/architecture.md` section 7.
"""

import base64
import hashlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.import_place import THREADS, Place, Upload, import_seconds, peak_mib
from openbml.datasets.limits import THUMBNAIL_SIDE
from openbml_catalog.datasets import dataset_kinds
from openbml_formats.planned import PlannedSample, packed_plan
from openbml_formats.planning import PlanLimits, plan_upload
from openbml_formats.protocols import ReadSettings, Shared
from openbml_formats.records import Problem
from openbml_formats.zip_directory import read_directory
from openbml_formats.zip_source import ZipSource
from tests.contract.emulator import emulator
from tests.fakes.datasets_archives import annotation

RESULT = Path(__file__).parent / "results" / "import_zip.json"
SAMPLES = Path(__file__).parents[1] / "examples" / "sign_digits" / "train.zip"
BUDGET_RATIO = 0.70
BUDGET_MIB = 512
ROUNDS = 7
IMAGES = 800
SIDES = (640, 480)
HUGE_PAIRS = 150_000


def archive(seed: int) -> bytes:
    """Return `IMAGES` different photos of an ordinary size with their annotations."""
    with zipfile.ZipFile(SAMPLES) as samples:
        names = sorted(name for name in samples.namelist() if name.endswith(".jpg"))
        photos = [Image.open(io.BytesIO(samples.read(name))).convert("RGB") for name in names[:40]]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(IMAGES):
            photo = photos[number % len(photos)].resize(SIDES)
            photo.putpixel((number % 640, seed % 480), (number % 256, seed % 256, 0))
            photo.paste((number % 256, number // 256, seed % 256), (0, 0, 16, 16))
            image = io.BytesIO()
            photo.save(image, "JPEG", quality=85)
            target.writestr(f"{number:05}.jpg", image.getvalue())
            target.writestr(f"{number:05}.json", annotation(f"class_{number % 10}"))
    return out.getvalue()


Look = Callable[[int, bytes], tuple[bytes, tuple[int, int]]]


def platform_seconds(place: Place, body: bytes) -> float:
    """Return what planning and all shards take, one after the other as one worker does."""
    return import_seconds(place, Upload("image_classification", "json", "a.zip", body), IMAGES)


def given_seconds(place: Place, body: bytes) -> float:
    """Return what the bare loop takes with thumbnails that are there already."""
    with zipfile.ZipFile(io.BytesIO(body)) as source:
        given = {number: bare_thumbnail(source.read(f"{number:05}.jpg"))[0] for number in range(IMAGES)}
    return bare_seconds(place, body, lambda number, data: (given[number], header_size(data)))


def decoding_seconds(place: Place, body: bytes) -> float:
    """Return what the loop takes when it makes the thumbnails itself."""
    return bare_seconds(place, body, lambda number, data: bare_thumbnail(data))


def header_size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def bare_seconds(place: Place, body: bytes, look: Look) -> float:
    place.s3.put_object(Bucket=place.bucket, Key="archive.zip", Body=body)
    with ThreadPoolExecutor(THREADS) as executor:
        started = time.monotonic()
        data = place.s3.get_object(Bucket=place.bucket, Key="archive.zip")["Body"].read()
        writes = []
        with zipfile.ZipFile(io.BytesIO(data)) as source:
            group: list[dict[str, Any]] = []
            for number in range(IMAGES):
                image = source.read(f"{number:05}.jpg")
                labels = json.loads(source.read(f"{number:05}.json"))["labels"]
                digest = hashlib.sha256(image)
                thumbnail, (width, height) = look(number, image)
                writes.append(executor.submit(bare_puts, place, digest, image, thumbnail))
                group.append(
                    {
                        "pk": f"samples#{number // 1000}",
                        "sk": f"{number:05}",
                        "name": f"{number:05}.jpg",
                        "label_counts": {label["name"]: 1 for label in labels},
                        "labelled": True,
                        "annotation": zlib.compress(json.dumps({"labels": labels}).encode(), level=1),
                        "annotation_source": "imported",
                        "import_id": 245611310194803,
                        "added_at": "2026-03-01T12:00:00.123456Z",
                        "width": width,
                        "height": height,
                        "size_bytes": len(image),
                        "sha256": digest.hexdigest(),
                        "sample_id": number,
                        "dataset_id": 1,
                        "version_number": 1,
                        "extension": "jpg",
                        "annotation_revision": 1,
                    }
                )
                if len(group) == 100 or number == IMAGES - 1:
                    writes.append(executor.submit(bare_rows, place, group))
                    group = []
        for write in writes:
            write.result()
        return time.monotonic() - started


def bare_thumbnail(data: bytes) -> tuple[bytes, tuple[int, int]]:
    image = Image.open(io.BytesIO(data))
    size = image.size
    image.draft("RGB", (THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue(), size


def bare_puts(place: Place, digest: Any, image: bytes, thumbnail: bytes) -> None:
    check = base64.b64encode(digest.digest()).decode()
    name = digest.hexdigest()
    place.s3.put_object(
        Bucket=place.bucket, Key=f"bare/{name}", Body=image, ContentType="image/jpeg", ChecksumSHA256=check
    )
    place.s3.put_object(Bucket=place.bucket, Key=f"bare/{name}.jpg", Body=thumbnail, ContentType="image/jpeg")


def bare_rows(place: Place, group: list[dict[str, Any]]) -> None:
    """Claim the contents and write the rows, with the requests the import uses."""
    dynamodb, name = place.table.meta.client, place.table.name
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": name,
                    "Item": {
                        "pk": f"content#{row['sha256'][:2]}",
                        "sk": row["sha256"],
                        "sample_id": row["sample_id"],
                        "import_id": row["import_id"],
                    },
                    "ConditionExpression": "attribute_not_exists(pk) OR sample_id = :expected",
                    "ExpressionAttributeValues": {":expected": row["sample_id"]},
                }
            }
            for row in group
        ]
    )
    marks = [{"pk": f"mark#{row['sha256'][:2]}", "sk": row["sha256"]} for row in group]
    dynamodb.batch_get_item(RequestItems={name: {"Keys": marks, "ConsistentRead": True}})
    for start in range(0, len(group), 25):
        rows = group[start : start + 25]
        dynamodb.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": row}} for row in rows]})


def planning_memory_mib() -> float:
    """Return the peak memory of a process that only plans an archive of `HUGE_PAIRS` pairs."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        with zipfile.ZipFile(file, "w") as target:
            for number in range(HUGE_PAIRS):
                target.writestr(f"folder_{number % 97:03}/image_{number:07}.jpg", b"x")
                target.writestr(f"folder_{number % 97:03}/image_{number:07}.json", b"{}")
        program = f"from benchmarks.import_zip import plan_from; plan_from({file.name!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def plan_from(path: str) -> None:
    size = Path(path).stat().st_size
    with Path(path).open("rb") as file:

        def read_range(start: int, end: int) -> bytes:
            file.seek(start)
            return file.read(end - start)

        source = ZipSource(read_directory(file, size), read_range)
        settings = ReadSettings(kind=dataset_kinds()["image_classification"])
        plan_upload("json", source, settings, PlanLimits(room=HUGE_PAIRS), Discarding())
    print(peak_mib())


class Discarding:
    """A plan's output that keeps nothing."""

    def shard(self, index: int, samples: Sequence[PlannedSample]) -> None:
        packed_plan(samples)

    def shared(self, shared: Shared) -> None:
        pass

    def problem(self, problem: Problem) -> None:
        pass


@contextmanager
def measured_emulator() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as folder, emulator(Path(folder)) as url:
        yield url


def main() -> None:
    ways: dict[str, Callable[[Place, bytes], float]] = {
        "import": platform_seconds,
        "bare boto3 loop": given_seconds,
        "boto3 loop that decodes": decoding_seconds,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    with measured_emulator() as url:
        for number in range(ROUNDS):
            body = archive(number)
            for name, way in ways.items():
                seconds[name].append(way(Place(url), body))
    rates = {name: IMAGES / statistics.median(values) for name, values in seconds.items()}
    rows: list[dict[str, Any]] = [
        {"name": name, "images_per_s": round(rate, 1), "import_ratio": round(rates["import"] / rate, 3)}
        for name, rate in rates.items()
    ]
    worker_mib = peak_mib()
    rows += [
        {"name": "budget of the ratio to the bare boto3 loop", "value": BUDGET_RATIO},
        {"name": "peak memory with all of this, MiB", "value": round(worker_mib), "budget": BUDGET_MIB},
        {
            "name": f"peak memory of planning {2 * HUGE_PAIRS} entries, MiB",
            "value": round(planning_memory_mib()),
            "budget": BUDGET_MIB,
        },
    ]
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    RESULT.parent.mkdir(exist_ok=True)
    document = {
        "images": IMAGES,
        "sides": SIDES,
        "rounds": ROUNDS,
        "threads": THREADS,
        "cores": os.cpu_count(),
    }
    RESULT.write_text(json.dumps({**document, "rows": rows}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
