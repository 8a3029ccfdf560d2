"""A job's workspace in memory: listings, blobs and what the job puts."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotations import Annotation
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.derivations import ImageLimits
from openbml_formats.listings import ListedSample, packed_listing, unpacked_listing
from openbml_formats.planned import PlannedSample, unpacked_plan
from openbml_formats.protocols import ExportInfo
from openbml_formats.tag_schemes import TagScheme

LIMITS = ImageLimits(most_bytes=4 << 20, shortest_side=30, longest_side=4096, aspect_ratio=3)
SHARDS = "projects/1/imports/9/shards/"


class SilentProgress:
    def __init__(self) -> None:
        self.stages: list[str] = []
        self.notes: list[str] = []
        self.last: tuple[int, int] | None = None

    def stage(self, stage: str) -> None:
        self.stages.append(stage)

    def note(self, level: str, message: str) -> None:
        self.notes.append(f"{level}: {message}")

    def done(self, done: int, total: int) -> None:
        self.last = (done, total)


class MemoryWorkspace:
    """Follows `openbml_data.workspace.Workspace`, as far as these jobs use it."""

    def __init__(self, samples: Iterable[ListedSample], blobs: Mapping[str, bytes]) -> None:
        self._listing = packed_listing(list(samples))
        self._blobs = dict(blobs)
        self.progress = SilentProgress()
        self.pool = ThreadPoolExecutor(2)
        self.put: dict[str, bytes] = {}

    def samples(self) -> Iterator[ListedSample]:
        yield from unpacked_listing(self._listing)

    def with_content(
        self, samples: Iterable[ListedSample]
    ) -> Iterator[tuple[ListedSample, Callable[[], bytes]]]:
        for sample in samples:
            yield sample, lambda sample=sample: self._blobs[sample.sha256]

    def put_upload(self, key: str, body: bytes, *, content_type: str) -> None:
        assert content_type
        self.put[key] = body

    def planned(self) -> list[PlannedSample]:
        keys = sorted(key for key in self.put if key.startswith(SHARDS))
        return [sample for key in keys for sample in unpacked_plan(self.put[key])]


def image_sample(
    number: int, data: bytes, annotation: Annotation | None = None, **known: Any
) -> ListedSample:
    values = {"name": f"{number}.jpg", "extension": "jpg", **known}
    return ListedSample(
        sample_id=number,
        annotation=annotation or Annotation(),
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        **values,
    )


def image_workspace(images: Iterable[tuple[bytes, Annotation | None]]) -> MemoryWorkspace:
    samples, blobs = [], {}
    for number, (data, annotation) in enumerate(images, start=1):
        sample = image_sample(number, data, annotation)
        samples.append(sample)
        blobs[sample.sha256] = data
    return MemoryWorkspace(samples, blobs)


def text_workspace(rows: Iterable[tuple[tuple[str, ...], Annotation]]) -> MemoryWorkspace:
    return MemoryWorkspace(
        [
            ListedSample(sample_id=number, name=f"texts.txt:{number}", texts=texts, annotation=annotation)
            for number, (texts, annotation) in enumerate(rows, start=1)
        ],
        {},
    )


def order_of(
    job: DataJobKind, kind: str, settings: Mapping[str, Any], *, tag_scheme: TagScheme | None = None
) -> DataJobOrder:
    return DataJobOrder(
        job_id="7",
        kind=job,
        data_bucket="data",
        uploads_bucket="uploads",
        project_prefix="projects/1/",
        dataset=ExportInfo(
            dataset_name="set", version_number=1, kind=dataset_kinds()[kind], labels=(), tag_scheme=tag_scheme
        ),
        shards_prefix=SHARDS,
        result_key="projects/1/jobs/7/result.json",
        settings=dict(settings),
    )
