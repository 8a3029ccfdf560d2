"""Exports and snapshots against bare boto3 loops, and the memory of a large export.

The loops make the same requests: every blob read by as many threads, one archive written in parts of the same
size (export), or one tar put with its SHA-256 (snapshot), from the same MiniStack on the same cores. Nothing
else: no listings, no annotations, no progress, no digest of what was chosen. Rounds alternate, the ratios are
of medians. Budgets: `docs/architecture.md` section 7.
"""

import base64
import hashlib
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from openbml.core.clock import utc_now
from openbml.core.ids import new_id
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import VersionKey
from openbml.datasets.datasets_dynamodb import DynamoDatasetRepository
from openbml.datasets.manage_datasets import create_dataset
from openbml.datasets.objects_s3 import S3ObjectStore
from openbml.datasets.pack_snapshots import pack_shard
from openbml.datasets.request_snapshots import request_snapshot
from openbml.datasets.samples import Sample, sample_id_of
from openbml.datasets.samples_dynamodb import DynamoSampleRepository
from openbml.datasets.snapshots import PackMessage, Selection
from openbml.datasets.snapshots_dynamodb import DynamoSnapshotRepository
from openbml.datasets.stored_objects import blob_key
from openbml.datasets.tables_dynamodb import chunk_key
from openbml_catalog.datasets import dataset_kinds
from openbml_data import exports
from openbml_data.job_progress import JobProgress
from openbml_data.workspace import THREADS, Workspace
from openbml_formats.annotations import Annotation
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.listings import ListedSample, packed_listing
from openbml_formats.protocols import ExportInfo
from openbml_kit.progress import Progress
from tests.contract.datasets.bulk_writing import bulk_writer
from tests.contract.emulator import client, emulator, make_table
from tests.fakes.datasets_memory import EventLog, ListQueue

RESULT = Path(__file__).parent / "results" / "data_export.json"
BUDGET_RATIO = 0.70
BUDGET_MIB = 64  # beyond what the idle process holds
ROUNDS = 5
IMAGES = 1_000
IMAGE_BYTES = 100_000
PART_BYTES = 8 * 1024 * 1024
LARGE_ARCHIVE_BYTES = 1_000_000_000
LARGE_IMAGE_BYTES = 1_000_000
_ACCESS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def s3_client(url: str) -> Any:
    config = Config(max_pool_connections=THREADS + 8)
    return boto3.client("s3", endpoint_url=url, config=config, **_ACCESS)


class Place:
    """A version with its blobs in a bucket, and its samples in a table."""

    def __init__(self, url: str) -> None:
        self.s3 = s3_client(url)
        self.scope = ProjectScope(account_id=1, region="us-east-1", project_id=new_id())
        self.bucket = f"bench-{uuid.uuid4().hex[:10]}"
        client("s3", url).create_bucket(Bucket=self.bucket)
        self.store = S3ObjectStore(self.s3, self.bucket, self.s3)
        self.table = make_table(url, "bench")
        bulk = bulk_writer(url, self.table.name)
        self.samples = DynamoSampleRepository(self.table, self.store, bulk=bulk)
        self.rows = self._fill()

    def _fill(self) -> Sequence[Sample]:
        self.key = _version(self.table, self.scope)
        chunk, noise = new_id() % 2**40, random.Random(7)
        rows = []
        for ordinal in range(IMAGES):
            body = noise.randbytes(IMAGE_BYTES)
            sha256 = hashlib.sha256(body).hexdigest()
            self.store.put(blob_key(self.scope, sha256), body, content_type="image/jpeg")
            row = Sample(
                sample_id=sample_id_of(chunk, ordinal),
                dataset_id=self.key.dataset_id,
                version_number=1,
                name=f"{ordinal:05}.jpg",
                sha256=sha256,
                size_bytes=IMAGE_BYTES,
                extension="jpg",
                width=640,
                height=480,
            )
            rows.append(row.annotated(Annotation(labels=(f"class_{ordinal % 10}",))))
        self.samples.add_chunk(self.key, chunk, rows)
        self.table.put_item(Item={**chunk_key(self.key, chunk), "chunk": chunk})
        return rows


def _version(table: Any, scope: ProjectScope) -> VersionKey:
    _, version = create_dataset(
        scope,
        name="bench",
        data_type="image",
        annotation_type="image_classification",
        template="single_label",
        user_id=1,
        datasets=DynamoDatasetRepository(table),
        new_id=new_id,
        now=utc_now,
    )
    return version.key


def listed(row: Sample) -> ListedSample:
    return ListedSample(
        sample_id=row.sample_id,
        name=row.name,
        annotation=row.annotation or Annotation(),
        extension=row.extension,
        width=row.width,
        height=row.height,
        size_bytes=row.size_bytes,
        sha256=row.sha256,
    )


def order_of(bucket: str, prefix: str, listings: Sequence[str]) -> DataJobOrder:
    return DataJobOrder(
        job_id="1",
        kind=DataJobKind.EXPORT,
        data_bucket=bucket,
        uploads_bucket=bucket,
        project_prefix=prefix,
        dataset=ExportInfo(
            dataset_name="bench", version_number=1, kind=dataset_kinds()["image_classification"], labels=[]
        ),
        samples=listings,
        result_key="result.json",
        settings={"format": "json", "target_bucket": bucket, "target_key": f"{prefix}out.zip"},
    )


def platform_export(place: Place) -> float:
    """Return what a job takes from its first listing to the archive."""
    key = f"{place.scope.prefix}jobs/1/listings/000000.json.z"
    place.store.put(key, packed_listing([listed(row) for row in place.rows]), content_type="x")
    order = order_of(place.bucket, place.scope.prefix, [key])
    with ThreadPoolExecutor(THREADS) as pool:
        workspace = Workspace(
            order=order, s3=place.s3, pool=pool, progress=JobProgress(Progress(io.StringIO()))
        )
        started = time.perf_counter()
        exports.run(order, workspace)
        return time.perf_counter() - started


def bare_export(place: Place) -> float:
    target = {"Bucket": place.bucket, "Key": "bare.zip"}
    with ThreadPoolExecutor(THREADS) as pool:
        started = time.perf_counter()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for row, body in zip(place.rows, pool.map(lambda row: _get(place, row), place.rows), strict=True):
                archive.writestr(f"images/{row.name}", body)
        upload = place.s3.create_multipart_upload(**target)["UploadId"]
        whole = out.getvalue()
        pieces = [whole[start : start + PART_BYTES] for start in range(0, len(whole), PART_BYTES)]
        tags = pool.map(
            lambda numbered: place.s3.upload_part(
                **target, UploadId=upload, PartNumber=numbered[0], Body=numbered[1]
            )["ETag"],
            enumerate(pieces, start=1),
        )
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, start=1)]
        place.s3.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})
        return time.perf_counter() - started


def platform_snapshot(place: Place) -> float:
    """Return what choosing, freezing and packing take, shard after shard as one worker does."""
    snapshots, packing, events = DynamoSnapshotRepository(place.table), ListQueue(), EventLog()
    with ThreadPoolExecutor(THREADS) as pool:
        started = time.perf_counter()
        snapshot = request_snapshot(
            place.scope,
            [Selection(dataset_id=place.key.dataset_id, version_number=1)],
            "image_classification",
            "bench",
            datasets=DynamoDatasetRepository(place.table),
            samples=place.samples,
            snapshots=snapshots,
            scratch=place.store,
            data=place.store,
            table_of=lambda key: None,
            packing=packing,
            executor=pool,
            now=utc_now,
        )
        for message in packing.taken():
            assert isinstance(message, PackMessage)
            pack_shard(
                message,
                snapshots=snapshots,
                scratch=place.store,
                data=place.store,
                events=events,
                executor=pool,
            )
        took = time.perf_counter() - started
    place.table.delete_item(
        Key={"pk": f"snapshot#{place.scope.key}#{snapshot.snapshot_id}", "sk": "snapshot"}
    )
    for index in range(snapshot.shard_count):
        key = {"pk": f"snapshot#{place.scope.key}#{snapshot.snapshot_id}", "sk": f"shard#{index:06}"}
        place.table.delete_item(Key=key)
    return took


def bare_snapshot(place: Place, shard: int = 320) -> float:
    with ThreadPoolExecutor(THREADS) as pool:
        started = time.perf_counter()
        for start in range(0, len(place.rows), shard):
            rows = place.rows[start : start + shard]
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for row, body in zip(rows, pool.map(lambda row: _get(place, row), rows), strict=True):
                    member = tarfile.TarInfo(row.name)
                    member.size = len(body)
                    archive.addfile(member, io.BytesIO(body))
            whole = out.getvalue()
            check = base64.b64encode(hashlib.sha256(whole).digest()).decode()
            place.s3.put_object(
                Bucket=place.bucket, Key=f"bare-{start}.tar", Body=whole, ChecksumSHA256=check
            )
        return time.perf_counter() - started


def _get(place: Place, row: Sample) -> bytes:
    reply = place.s3.get_object(Bucket=place.bucket, Key=blob_key(place.scope, row.sha256))
    body: bytes = reply["Body"].read()
    return body


# --- memory: a process of its own, whose peak is its alone ---


def large_export(url: str, bucket: str) -> None:
    """Export a gigabyte of the same few blobs and print the peaks in MiB: idle, and after the work."""
    s3 = s3_client(url)
    noise = random.Random(9).randbytes(LARGE_IMAGE_BYTES)
    sha256 = hashlib.sha256(noise).hexdigest()
    prefix = "projects/1/"
    s3.put_object(Bucket=bucket, Key=f"{prefix}blobs/{sha256[:2]}/{sha256}", Body=noise)
    keys = [f"{prefix}jobs/1/listings/{index:06}.json.z" for index in range(2)]
    half = LARGE_ARCHIVE_BYTES // LARGE_IMAGE_BYTES // 2
    for index, key in enumerate(keys):
        rows = [
            ListedSample(
                sample_id=number + 1,
                name=f"{number:06}.jpg",
                annotation=Annotation(labels=("cat",)),
                extension="jpg",
                size_bytes=LARGE_IMAGE_BYTES,
                sha256=sha256,
            )
            for number in range(index * half, (index + 1) * half)
        ]
        s3.put_object(Bucket=bucket, Key=key, Body=packed_listing(rows))
    order = order_of(bucket, prefix, keys)
    with ThreadPoolExecutor(THREADS) as pool:
        workspace = Workspace(order=order, s3=s3, pool=pool, progress=JobProgress(Progress(io.StringIO())))
        _wake(workspace, sha256)
        idle = _peak_mib()
        result = exports.run(order, workspace)
    print(json.dumps({"idle_mib": idle, "peak_mib": _peak_mib(), "archive_bytes": result.size_bytes}))


def _wake(workspace: Workspace, sha256: str) -> None:
    """Make what every job makes once: threads and connections."""
    list(workspace.pool.map(workspace.blob, [sha256] * THREADS))


def _peak_mib() -> float:
    """Of this program alone: `ru_maxrss` would remember whoever started it."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def measured_memory(url: str) -> dict[str, float]:
    bucket = f"large-{uuid.uuid4().hex[:10]}"
    client("s3", url).create_bucket(Bucket=bucket)
    command = [sys.executable, "-m", "benchmarks.data_export", url, bucket]
    variables = {**os.environ, "MALLOC_ARENA_MAX": "2"}  # as every data job has it
    reply = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900, env=variables)
    figures: dict[str, float] = json.loads(reply.stdout.splitlines()[-1])
    return figures


def rounds(place: Place) -> Iterator[tuple[str, float]]:
    for number in range(ROUNDS + 1):
        for name, work in (
            ("export", platform_export),
            ("bare_export", bare_export),
            ("snapshot", platform_snapshot),
            ("bare_snapshot", bare_snapshot),
        ):
            seconds = work(place)
            if number:  # the first round warms everything up
                yield name, seconds


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, emulator(Path(folder)) as url:
        place = Place(url)
        times: dict[str, list[float]] = {}
        for name, seconds in rounds(place):
            times.setdefault(name, []).append(seconds)
        memory = measured_memory(url)
    median = {name: statistics.median(values) for name, values in times.items()}
    figures = {
        "images": IMAGES,
        "image_bytes": IMAGE_BYTES,
        "seconds": {name: round(value, 3) for name, value in median.items()},
        "export_ratio": round(median["bare_export"] / median["export"], 3),
        "snapshot_ratio": round(median["bare_snapshot"] / median["snapshot"], 3),
        "budget_ratio": BUDGET_RATIO,
        "large_export": {**memory, "growth_mib": round(memory["peak_mib"] - memory["idle_mib"], 1)},
        "budget_growth_mib": BUDGET_MIB,
    }
    print(json.dumps(figures, indent=1))
    RESULT.write_text(json.dumps(figures, indent=1) + "\n")
    ratios_hold = min(figures["export_ratio"], figures["snapshot_ratio"]) >= BUDGET_RATIO
    return 0 if ratios_hold and figures["large_export"]["growth_mib"] <= BUDGET_MIB else 1


if __name__ == "__main__":
    if len(sys.argv) == 3:
        large_export(sys.argv[1], sys.argv[2])
    else:
        sys.exit(main())
