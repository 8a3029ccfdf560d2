"""Every kind of samples through every format it is written in, as a job does it."""

import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from openbml_catalog.datasets import Content, data_formats, dataset_kinds
from openbml_data import exports
from openbml_data.job_progress import JobProgress
from openbml_data.workspace import Workspace
from openbml_formats.annotations import Annotation, Box, Region, Span
from openbml_formats.data_jobs import DataJobKind, DataJobOrder
from openbml_formats.listings import ListedSample, packed_listing
from openbml_formats.protocols import ExportInfo
from openbml_formats.tag_schemes import TagScheme
from openbml_kit.progress import Progress
from tests.fakes.s3_memory import MemoryS3

SQUARE = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0), (1.0, 9.0))
SAID = {
    "image_classification": Annotation(labels=("cat",)),
    "image_classification_multi_label": Annotation(labels=("cat", "dog")),
    "object_detection": Annotation(regions=(Region(label="cat", box=Box(x1=1, y1=2, x2=9, y2=8)),)),
    "instance_segmentation": Annotation(regions=(Region(label="cat", polygons=(SQUARE,)),)),
    "semantic_segmentation": Annotation(regions=(Region(label="cat", polygons=(SQUARE,)),)),
    "ocr": Annotation(regions=(Region(label="text", polygons=(SQUARE,), text="街"),)),
    "text_classification": Annotation(labels=("good",)),
    "text_classification_multi_label": Annotation(labels=("good", "cheap")),
    "short_text_matching": Annotation(labels=("1",)),
    "sequence_labelling": Annotation(tags=("B-PER", "O")),
    "entity_extraction": Annotation(spans=(Span(label="PER", start=0, end=2, text="张三"),)),
    "audio_classification": Annotation(labels=("bark",)),
}
TEXTS = {
    Content.TEXT: ("张三来了",),
    Content.PAIR: ("谁来了", "张三来了"),
    Content.TOKENS: ("张三", "来"),
}
CASES = [
    (kind, row.code)
    for row in data_formats().values()
    for kind in row.writes
    if dataset_kinds()[kind].content is not Content.ROWS
]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 12), (seed, seed, seed)).save(out, "PNG")
    return out.getvalue()


def listed(s3: MemoryS3, kind: str, number: int, said: Annotation) -> ListedSample:
    content = dataset_kinds()[kind].content
    if content in TEXTS:
        texts = (f"{TEXTS[content][0]}", *TEXTS[content][1:])
        return ListedSample(sample_id=number, name=f"{number}", texts=texts, annotation=said)
    body = picture(number) if content is Content.IMAGE else f"sound {number}".encode()
    sha256 = f"{number:064x}"
    s3.objects["b", f"p/blobs/00/{sha256}"] = body
    sound = content is Content.SOUND
    return ListedSample(
        sample_id=number,
        name=f"a/{number}.{'wav' if sound else 'png'}",
        annotation=said,
        extension="wav" if sound else "png",
        width=0 if sound else 16,
        height=0 if sound else 12,
        size_bytes=len(body),
        sha256=sha256,
    )


@pytest.mark.parametrize(("kind", "code"), CASES)
def test_a_kind_is_written_in_a_format(pool: ThreadPoolExecutor, kind: str, code: str) -> None:
    s3 = MemoryS3()
    found = dataset_kinds()[kind]
    third = Annotation() if found.unlabelled_import else SAID[kind]
    rows = [listed(s3, kind, number, said) for number, said in ((1, SAID[kind]), (2, SAID[kind]), (3, third))]
    s3.objects["b", "list"] = packed_listing(rows)
    info = ExportInfo(
        dataset_name="猫 & dogs",
        version_number=1,
        kind=found,
        labels=sorted(SAID[kind].label_counts()),
        tag_scheme=TagScheme("IOB") if found.tag_schemes else None,
        label_map={"O": 0, "B-PER": 1, "I-PER": 2} if found.tag_schemes else {},
    )
    order = DataJobOrder(
        job_id="1",
        kind=DataJobKind.EXPORT,
        data_bucket="b",
        uploads_bucket="b",
        project_prefix="p/",
        dataset=info,
        samples=["list"],
        sample_count=3,
        result_key="r",
        settings={"format": code, "target_bucket": "b", "target_key": "out.zip"},
    )
    workspace = Workspace(order=order, s3=s3, pool=pool, progress=JobProgress(Progress(io.StringIO())))
    assert exports.run(order, workspace).sample_count == 3
    archive = zipfile.ZipFile(io.BytesIO(s3.objects["b", "out.zip"]))
    assert archive.testzip() is None
    assert archive.namelist()
