"""How imports grow: time per sample at 1,000 to 100,000, and the memory of a 5 GB archive's workers.

Images are small: what is measured is the import and not the decoding, which is `import_zip`'s. Texts have a
bare boto3 loop beside them with the same requests: claims and rows; rounds alternate, the ratios are of
medians. `--most 100000` adds the largest size, which takes minutes on two cores; the archive of 5 GB is
written to a temporary folder.

    python -m benchmarks.import_scale --most 10000
"""

import argparse
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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.import_place import THREADS, Importer, Place, Upload, import_seconds, peak_mib
from benchmarks.import_zip import measured_emulator
from openbml.datasets.importing.complete_imports import begin
from openbml.datasets.importing.import_shards import import_shard
from openbml.datasets.importing.plan_imports import plan_import
from openbml.datasets.importing.shards import ShardMessage
from openbml.datasets.importing.start_imports import GivenFile
from openbml.datasets.stored_objects import ObjectMissingError
from openbml.datasets.tables_dynamodb import in_groups
from tests.fakes.datasets_archives import annotation, image_bytes
from tests.fakes.datasets_memory import MemoryObjectStore

RESULT = Path(__file__).parent / "results" / "import_scale.json"
SIZES = (1_000, 10_000, 100_000)
ROUNDS = {"texts": {1_000: 5, 10_000: 2}, "images": {1_000: 3}}
BUDGET_MIB = 512
BUDGET_RATIO = 0.70
BUDGET_SLOPE = 1.25  # seconds per sample, largest against smallest
GIGABYTES = 4.9
BLOCK_BYTES = 4 * 1024 * 1024 - 1024
SHARDS = 3


def texts(count: int) -> Upload:
    lines = "".join(f"a customer wrote sentence {number}\tlabel_{number % 20}\n" for number in range(count))
    return Upload("text_classification", "text_labels", "a.txt", lines.encode())


def images(count: int) -> Upload:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(count):
            target.writestr(f"{number:06}.png", _small_image(number))
            target.writestr(f"{number:06}.json", annotation(f"class_{number % 10}"))
    return Upload("image_classification", "json", "a.zip", out.getvalue())


def _small_image(number: int) -> bytes:
    """Return an image unlike all others: the number stands behind its last chunk."""
    return image_bytes("PNG", seed=number % 200) + number.to_bytes(8, "big")


def bare_text_seconds(place: Place, upload: Upload) -> float:
    """Return what the same requests take without checks, counts and repeatability."""
    dynamodb, name = place.table.meta.client, place.table.name
    place.s3.put_object(Bucket=place.bucket, Key="a.txt", Body=upload.body)

    def write(group: Sequence[tuple[int, str]]) -> None:
        rows = [_row(number, line) for number, line in group]
        claims = [
            {
                "Put": {
                    "TableName": name,
                    "Item": {
                        "pk": f"content#1#us-east-1#245611310194801#{row['sha256'][:2]}",
                        "sk": f"{row['sha256']}#245611310194802#1",
                        "sample_id": row["sample_id"],
                        "import_id": row["import_id"],
                    },
                    "ConditionExpression": "attribute_not_exists(pk) OR sample_id = :expected",
                    "ExpressionAttributeValues": {":expected": row["sample_id"]},
                }
            }
            for row in rows
        ]
        dynamodb.transact_write_items(TransactItems=claims)
        for part in in_groups(rows, 25):
            dynamodb.batch_write_item(RequestItems={name: [{"PutRequest": {"Item": row}} for row in part]})

    started = time.monotonic()
    body = place.s3.get_object(Bucket=place.bucket, Key="a.txt")["Body"].read().decode()
    with ThreadPoolExecutor(THREADS) as executor:
        list(executor.map(write, in_groups(list(enumerate(body.splitlines())), 100)))
    return time.monotonic() - started


def _row(number: int, line: str) -> dict[str, Any]:
    """Return a row with the attributes that a sample's item has."""
    text, label = line.split("\t")
    return {
        "pk": f"samples#1#us-east-1#245611310194801#{number // 1000}",
        "sk": f"{number % 1000:04}",
        "sample_id": number,
        "dataset_id": 245611310194802,
        "version_number": 1,
        "name": f"a.txt:{number}",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "size_bytes": len(text),
        "texts": [text],
        "import_id": 245611310194803,
        "added_at": "2026-03-01T12:00:00.123456Z",
        "label_counts": {label: 1},
        "labelled": True,
        "annotation": zlib.compress(json.dumps({"labels": [label]}).encode(), level=1),
        "annotation_revision": 1,
        "annotation_source": "imported",
    }


class FileArchives(MemoryObjectStore):
    """An uploads bucket whose one large file lies on this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def size(self, key: str) -> int:
        return self._path.stat().st_size if "/files/" in key else super().size(key)

    def read_range(self, key: str, start: int, end: int) -> bytes:
        if "/files/" not in key:
            raise ObjectMissingError(key=key)
        with self._path.open("rb") as file:
            file.seek(start)
            return file.read(end - start)


def write_large_archive(path: Path) -> int:
    """Write an archive of images just under 4 MB, each unlike the others by a few bytes; return how many."""
    image = image_bytes("JPEG", size=(640, 480))
    filler = os.urandom(BLOCK_BYTES - len(image) - 8)
    count = int(GIGABYTES * 1024**3 / BLOCK_BYTES)
    with zipfile.ZipFile(path, "w") as target:
        for number in range(count):
            target.writestr(f"{number:05}.jpg", image + filler + number.to_bytes(8, "big"))
            target.writestr(f"{number:05}.json", annotation(f"class_{number % 10}"))
    return count


def large_archive(url: str, path: str) -> None:
    """Plan an archive that is there and import some shards; print seconds and the peak memory as JSON."""
    importer = Importer(Place(url), FileArchives(Path(path)))
    given = GivenFile(name="large.zip", size_bytes=Path(path).stat().st_size)
    data_import = importer.started("image_classification", "json", [given])
    begin(data_import, imports=importer.imports, archives=importer.archives, events=importer.events)
    started = time.monotonic()
    planned = plan_import(importer.scope.project_id, data_import.import_id, importer.planner)
    planning_s = time.monotonic() - started
    planning_mib = peak_mib()
    with importer.worker() as worker:
        for message in importer.queue.taken()[:SHARDS]:
            assert isinstance(message, ShardMessage)
            import_shard(message, worker)
    importing_mib = peak_mib()
    assert planned is not None
    done = importer.imports.get(planned.version_key, planned.import_id)
    assert done.accepted, done
    figures = {
        "bytes": given.size_bytes,
        "entries": planned.entries_total,
        "shards": planned.shard_count,
        "planning_s": round(planning_s, 2),
        "planning_peak_mib": round(planning_mib),
        "imported": done.accepted,
        "peak_mib": round(importing_mib),
    }
    print(json.dumps(figures))


def measured_large_archive(url: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="openbml-bench-") as folder:
        path = Path(folder) / "large.zip"
        write_large_archive(path)
        program = f"from benchmarks.import_scale import large_archive; large_archive({url!r}, {str(path)!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return {"name": "archive of 5 GB, some shards of it", **figures, "budget_mib": BUDGET_MIB}


def measured(url: str, name: str, made: Callable[[int], Upload], most: int) -> list[dict[str, Any]]:
    rows = []
    for size in (size for size in SIZES if size <= most):
        upload = made(size)
        ours, bare = list[float](), list[float]()
        for _ in range(ROUNDS[name].get(size, 1)):
            ours.append(import_seconds(Place(url), upload, size))
            if name == "texts":
                bare.append(bare_text_seconds(Place(url), upload))
        seconds = statistics.median(ours)
        row: dict[str, Any] = {"name": f"{name}, {size:,}", "seconds": round(seconds, 2)}
        row["ms_per_sample"] = round(seconds / size * 1000, 3)
        if bare:
            row["ratio_to_bare_loop"] = round(statistics.median(bare) / seconds, 3)
            row["budget"] = BUDGET_RATIO
        rows.append(row)
        print(row, flush=True)
    slope = rows[-1]["ms_per_sample"] / rows[0]["ms_per_sample"]
    rows.append({"name": f"slope of {name}", "value": round(slope, 3), "budget": BUDGET_SLOPE})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--most", type=int, default=SIZES[1])
    parser.add_argument("--images-most", type=int, default=SIZES[1])
    parser.add_argument("--without-large-archive", action="store_true")
    chosen = parser.parse_args()
    with measured_emulator() as url:
        rows = measured(url, "texts", texts, chosen.most)
        rows += measured(url, "images", images, chosen.images_most)
        if not chosen.without_large_archive:
            rows.append(measured_large_archive(url))
    worker_mib = peak_mib()
    rows.append({"name": "peak memory of all of this, MiB", "value": round(worker_mib)})
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    RESULT.parent.mkdir(exist_ok=True)
    document = {"threads": THREADS, "cores": os.cpu_count(), "rows": rows}
    RESULT.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
