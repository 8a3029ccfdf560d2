"""The sample data's image sets, read in each of their formats, hold what their README says."""

import json
from collections import Counter
from collections.abc import Mapping

import pytest

from openbml_catalog.datasets import dataset_kinds
from openbml_formats.annotation_rules import checked_annotation
from openbml_formats.annotations import Annotation
from tests.fakes.image_format_files import export_sample, read, unzipped, written
from tests.fakes.sample_data import SAMPLE_DATA

pytestmark = pytest.mark.skipif(not SAMPLE_DATA.is_dir(), reason="the sample data is not on this machine")


def taken(
    path: str,
    format_code: str,
    kind: str,
    size: tuple[int, int] = (0, 0),
    more: Mapping[str, bytes] | None = None,
) -> dict[str, Annotation]:
    """Return annotations as an import takes them; nothing may be refused."""
    files = {**unzipped(SAMPLE_DATA / path), **(more or {})}
    annotations, problems = read(format_code, kind, files, size=size)
    assert not problems
    width, height = size
    rules = dataset_kinds()[kind]
    return {
        name: checked_annotation(one, rules, width=width, height=height)[0]
        for name, one in annotations.items()
    }


def total(annotations: Mapping[str, Annotation]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for annotation in annotations.values():
        counts.update(annotation.label_counts())
    return counts


def shapes(annotations: Mapping[str, Annotation]) -> dict[str, list[object]]:
    return {
        name: [(region.label, region.box, region.polygons) for region in annotation.regions]
        for name, annotation in annotations.items()
    }


@pytest.mark.parametrize(
    ("split", "images", "boxes"),
    [
        ("train", 205, {"Platelets": 209, "RBC": 2381, "WBC": 214}),
        ("val", 87, {"Platelets": 83, "RBC": 967, "WBC": 87}),
    ],
)
def test_boxes_of_json_and_voc_are_equal(split: str, images: int, boxes: dict[str, int]) -> None:
    as_json = taken(f"object_detection/bccd/{split}_json.zip", "json", "object_detection", (640, 480))
    as_voc = taken(f"object_detection/bccd/{split}_voc.zip", "voc", "object_detection", (640, 480))
    assert shapes(as_json) == shapes(as_voc)
    assert len(as_json) == images
    assert total(as_json) == boxes


@pytest.mark.parametrize(
    ("name", "labels"),
    [("balloon", {"balloon": 111}), ("nuts", {"date": 51, "fig": 32, "hazelnut": 40})],
)
def test_polygons_of_json_and_coco_are_equal(name: str, labels: dict[str, int]) -> None:
    folder = f"instance_segmentation/{name}"
    as_json = taken(f"{folder}/train.zip", "json", "instance_segmentation")
    images = {
        file: data
        for file, data in unzipped(SAMPLE_DATA / folder / "train.zip").items()
        if file.endswith(".jpg")
    }
    files = {**images, "train_coco.json": (SAMPLE_DATA / folder / "train_coco.json").read_bytes()}
    as_coco, problems = read("coco", "instance_segmentation", files)
    assert not problems
    assert shapes(as_json) == shapes(as_coco)
    assert total(as_json) == labels


def test_classes_of_digits() -> None:
    train = taken("image_classification/sign_digits/train.zip", "json", "image_classification")
    assert total(train) == {f"digit_{digit}": 80 for digit in range(10)}
    unlabelled, problems = read(
        "images",
        "image_classification",
        unzipped(SAMPLE_DATA / "image_classification/sign_digits/unlabelled.zip"),
    )
    assert len(unlabelled) == 60
    assert not problems


def test_several_classes_of_blood_images() -> None:
    train = taken(
        "image_classification/bccd_multilabel/train.zip", "json", "image_classification_multi_label"
    )
    sets = Counter("+".join(sorted(annotation.labels)) for annotation in train.values())
    assert sets == {"Platelets+RBC": 1, "Platelets+RBC+WBC": 20, "Platelets+WBC": 6, "RBC+WBC": 20, "WBC": 2}


def test_lines_of_receipts() -> None:
    scans = taken("ocr/receipts/train.zip", "json", "ocr")
    assert len(scans) == 18
    regions = [region for annotation in scans.values() for region in annotation.regions]
    assert len(regions) == 989
    assert all(len(region.polygons[0]) == 4 and region.text for region in regions)


def test_cut_out_lines_of_receipts_are_whole_images() -> None:
    lines = taken("ocr/receipts/train_lines.zip", "text_line_images", "ocr", (200, 20))
    assert len(lines) == 450
    assert all(annotation.regions[0].text for annotation in lines.values())
    assert {annotation.regions[0].polygons for annotation in lines.values()} == {
        (((0, 0), (200, 0), (200, 20), (0, 20)),)
    }


@pytest.mark.parametrize("format_code", ["coco", "yolo", "labelme", "voc", "json"])
def test_blood_images_go_through_every_box_format(format_code: str) -> None:
    before = taken("object_detection/bccd/val_json.zip", "json", "object_detection", (640, 480))
    samples = [export_sample(n, one, name=name) for n, (name, one) in enumerate(before.items(), start=1)]
    files = written(format_code, "object_detection", samples, ["RBC", "WBC", "Platelets"])
    after, problems = read(format_code, "object_detection", files)
    assert not problems
    plain = {name.rpartition("/")[2]: one for name, one in after.items()}
    assert shapes(plain) == shapes(before)


def test_a_written_coco_file_is_what_other_tools_read() -> None:
    before = taken("instance_segmentation/nuts/train.zip", "json", "instance_segmentation")
    samples = [export_sample(n, one, name=name) for n, (name, one) in enumerate(before.items(), start=1)]
    files = written("coco", "instance_segmentation", samples, ["date", "fig", "hazelnut"])
    document = json.loads(files["annotations.json"])
    theirs = json.loads((SAMPLE_DATA / "instance_segmentation/nuts/train_coco.json").read_bytes())
    names = {category["id"]: category["name"] for category in document["categories"]}
    their_names = {category["id"]: category["name"] for category in theirs["categories"]}
    for ours, their in zip(document["annotations"], theirs["annotations"], strict=True):
        assert names[ours["category_id"]] == their_names[their["category_id"]]
        assert ours["segmentation"] == their["segmentation"]
        assert ours["bbox"] == pytest.approx(their["bbox"], abs=0.02)
        assert ours["area"] == pytest.approx(their["area"], abs=0.02)
        assert ours["iscrowd"] == 0
    assert [annotation["id"] for annotation in document["annotations"]] == list(range(1, 124))
    assert {f"images/{image['file_name']}" for image in document["images"]} == set(files) - {
        "annotations.json"
    }
