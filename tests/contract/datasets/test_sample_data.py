"""All sets of the sample data go through the use cases and arrive in the numbers that they state."""

import io
import json
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from openbml.datasets.importing.data_imports import ImportState
from openbml_formats.tag_schemes import TagScheme
from tests.contract.datasets.conftest import World
from tests.fakes.sample_data import SAMPLE_DATA

pytestmark = pytest.mark.skipif(not SAMPLE_DATA.exists(), reason="the sample data are not here")


class Case(NamedTuple):
    """A file and what its import makes of it; `labels` counts objects (or samples of a class) by label."""

    file: str
    kind: str
    format_code: str
    samples: int
    labels: dict[str, int] | None = None
    scheme: TagScheme | None = None
    duplicates: int = 0


DIGITS_80 = {f"digit_{number}": 80 for number in range(10)}
CASES = [
    Case("image_classification/sign_digits/train.zip", "image_classification", "json", 800, DIGITS_80),
    Case("image_classification/sign_digits/test.zip", "image_classification", "json", 200),
    Case("image_classification/sign_digits/unlabelled.zip", "image_classification", "images", 60, {}),
    Case("image_classification/bccd_multilabel/train.zip", "image_classification_multi_label", "json", 49),
    Case("object_detection/bccd/train_voc.zip", "object_detection", "voc", 205,
         {"Platelets": 209, "RBC": 2381, "WBC": 214}),
    Case("object_detection/bccd/train_json.zip", "object_detection", "json", 205,
         {"Platelets": 209, "RBC": 2381, "WBC": 214}),
    Case("object_detection/bccd/val_voc.zip", "object_detection", "voc", 87,
         {"Platelets": 83, "RBC": 967, "WBC": 87}),
    Case("object_detection/bccd/val_json.zip", "object_detection", "json", 87,
         {"Platelets": 83, "RBC": 967, "WBC": 87}),
    Case("instance_segmentation/balloon/train.zip", "semantic_segmentation", "json", 25, {"balloon": 111}),
    Case("instance_segmentation/nuts/train.zip", "semantic_segmentation", "json", 12,
         {"date": 51, "fig": 32, "hazelnut": 40}),
    Case("ocr/receipts/train.zip", "ocr", "json", 18),
    Case("ocr/receipts/train_lines.zip", "ocr", "text_line_images", 450),
    Case("text_classification/thucnews/train.txt", "text_classification", "text_labels", 2000),
    Case("text_classification/thucnews/test.txt", "text_classification", "text_labels", 500),
    Case("text_classification/thucnews/unlabelled.txt", "text_classification", "text_lines", 1500, {}),
    Case("text_classification/thucnews/unlabelled_answers.txt", "text_classification", "text_labels", 1500),
    Case("text_classification/thucnews/labelled.zip", "text_classification", "text_json", 50),
    Case("text_classification/thucnews/unlabelled.zip", "text_classification", "text_files", 20, {}),
    Case("text_classification/banking/train.txt", "text_classification", "text_labels", 1282),
    Case("text_classification/banking/test.txt", "text_classification", "text_labels", 200),
    Case("text_classification/sms_spam/train.txt", "text_classification", "text_labels", 2000,
         {"ham": 1737, "spam": 263}),
    Case("text_classification/sms_spam/test.txt", "text_classification", "text_labels", 500,
         {"ham": 427, "spam": 73}),
    Case("text_classification/sentiment_en/train.txt", "text_classification", "text_labels", 2000,
         {"negative": 1009, "positive": 991}),
    Case("text_classification/sentiment_en/test.txt", "text_classification", "text_labels", 400,
         {"negative": 197, "positive": 203}),
    Case("short_text_similarity/banking_pairs/train.txt", "short_text_matching", "text_labels", 2000,
         {"0": 1000, "1": 1000}),
    Case("short_text_similarity/banking_pairs/test.txt", "short_text_matching", "text_labels", 300),
    Case("short_text_similarity/pawsx_zh/train.txt", "short_text_matching", "text_labels", 1585,
         {"0": 916, "1": 669}),
    Case("short_text_similarity/pawsx_zh/test.txt", "short_text_matching", "text_labels", 294),
    Case("short_text_similarity/stsb_zh/train.txt", "short_text_matching", "text_labels", 2000),
    Case("short_text_similarity/stsb_zh/test.txt", "short_text_matching", "text_labels", 400),
    Case("sequence_labelling/weibo/train_iob.zip", "sequence_labelling", "tagged", 1174,
         scheme=TagScheme.IOB),
    Case("sequence_labelling/weibo/test_iob.zip", "sequence_labelling", "tagged", 255, scheme=TagScheme.IOB),
    Case("sequence_labelling/weibo/sample_iobes.zip", "sequence_labelling", "tagged", 300,
         scheme=TagScheme.IOBES),
    Case("sequence_labelling/wnut17/train_iob.zip", "sequence_labelling", "tagged", 1600,
         scheme=TagScheme.IOB),
    Case("sequence_labelling/wnut17/test_iob.zip", "sequence_labelling", "tagged", 500, scheme=TagScheme.IOB),
    Case("entity_extraction/weibo/unlabelled.txt", "entity_extraction", "text_lines", 255, {}),
    Case("entity_extraction/weibo/unlabelled.xlsx", "entity_extraction", "excel", 100, {}),
    Case("entity_extraction/weibo/unlabelled.zip", "entity_extraction", "text_files", 50, {}),
    Case("audio/spoken_digits/train.zip", "audio_classification", "sound_folder", 720,
         {f"digit_{number}": 72 for number in range(10)}),
    Case("audio/spoken_digits/test.zip", "audio_classification", "sound_folder", 120,
         {f"digit_{number}": 12 for number in range(10)}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{case.file}-{case.format_code}" for case in CASES])
def test_a_set_arrives_in_its_numbers(world: World, case: Case) -> None:
    options = {"tag_scheme": case.scheme} if case.scheme else {}
    key = world.dataset(kind=case.kind, **options)
    body = (SAMPLE_DATA / case.file).read_bytes()
    ended = world.imported(key, body, names=[Path(case.file).name], format_code=case.format_code)

    told = world.problems(ended)
    assert (ended.state, ended.failure) == (ImportState.FINISHED, None)
    assert (ended.accepted, ended.duplicate, ended.rejected) == (case.samples, case.duplicates, 0), told[:5]
    assert world.datasets.version(key).sample_count == case.samples
    if case.labels is not None:
        labels, _ = world.datasets.labels(key, limit=100, position=None)
        assert {label.name: label.object_count for label in labels} == case.labels


@pytest.mark.parametrize(("name", "samples", "objects"), [("balloon", 25, 111), ("nuts", 12, 123)])
def test_the_same_outlines_come_as_coco(world: World, name: str, samples: int, objects: int) -> None:
    folder = SAMPLE_DATA / "instance_segmentation" / name
    out = io.BytesIO()
    with zipfile.ZipFile(folder / "train.zip") as images, zipfile.ZipFile(out, "w") as target:
        target.writestr("annotations.json", (folder / "train_coco.json").read_bytes())
        for entry in images.namelist():
            if not entry.endswith(".json"):
                target.writestr(entry, images.read(entry))
    key = world.dataset(kind="instance_segmentation")
    ended = world.imported(key, out.getvalue(), names=["coco.zip"], format_code="coco")

    assert (ended.state, ended.accepted, ended.rejected) == (ImportState.FINISHED, samples, 0)
    labels, _ = world.datasets.labels(key, limit=100, position=None)
    assert sum(label.object_count for label in labels) == objects


def test_entity_answers_come_as_json_lines(world: World) -> None:
    key = world.dataset(kind="entity_extraction")
    body = (SAMPLE_DATA / "entity_extraction" / "weibo" / "answers.jsonl").read_bytes()
    spans = sum(len(json.loads(line).get("entities", [])) for line in body.splitlines())
    ended = world.imported(key, body, names=["answers.jsonl"], format_code="json_lines")
    assert (ended.state, ended.accepted, ended.rejected) == (ImportState.FINISHED, 255, 0)
    labels, _ = world.datasets.labels(key, limit=100, position=None)
    assert sum(label.object_count for label in labels) == (spans or 376)
