"""What a writer writes, the reader of the same format reads as it was."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml_formats.annotations import Annotation, Region, canonical
from tests.fakes.image_format_files import export_sample, read, written
from tests.unit.formats import strategies as some

SIZE = (some.WIDTH, some.HEIGHT)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def back(format_code: str, kind: str, annotation: Annotation) -> Annotation:
    samples = [
        export_sample(1, annotation, size=SIZE),
        export_sample(2, Annotation(), name="folder/two.jpg", size=SIZE),
    ]
    labels = sorted(annotation.label_counts())
    files = written(format_code, kind, samples, labels)
    annotations, problems = read(format_code, kind, files, size=SIZE)
    assert not problems
    assert len(annotations) == 2
    found = {name.rpartition("/")[2]: value for name, value in annotations.items()}
    assert found["two.jpg"] == Annotation()
    return found["1.jpg"]


def assert_same(one: Annotation, other: Annotation) -> None:
    assert json.dumps(canonical(one), sort_keys=True) == json.dumps(canonical(other), sort_keys=True)


@few
@given(some.classes(1))
def test_one_class_per_image_comes_back_as_json(annotation: Annotation) -> None:
    assert_same(back("json", "image_classification", annotation), annotation)


@few
@given(some.LABELS)
def test_one_class_per_image_comes_back_from_folders(label: str) -> None:
    annotation = Annotation(labels=(label,))
    assert_same(back("image_folder", "image_classification", annotation), annotation)


@few
@given(some.classes(4))
def test_several_classes_come_back_as_json(annotation: Annotation) -> None:
    assert_same(back("json", "image_classification_multi_label", annotation), annotation)


@few
@given(some.with_regions(some.box_regions(some.ATTRIBUTES), some.ATTRIBUTES))
@pytest.mark.parametrize("format_code", ["json", "voc", "labelme"])
def test_boxes_and_all_attributes_come_back(format_code: str, annotation: Annotation) -> None:
    assert_same(back(format_code, "object_detection", annotation), annotation)


@few
@given(some.with_regions(some.box_regions(some.ATTRIBUTES)))
def test_boxes_and_their_attributes_come_back_as_coco(annotation: Annotation) -> None:
    assert_same(back("coco", "object_detection", annotation), annotation)


@few
@given(some.with_regions(some.box_regions(st.just({}))))
def test_boxes_come_back_as_yolo_to_the_last_digit(annotation: Annotation) -> None:
    assert_same(back("yolo", "object_detection", annotation), annotation)


@few
@given(some.with_regions(some.outline_regions(some.ATTRIBUTES)))
@pytest.mark.parametrize("format_code", ["json", "coco", "labelme"])
@pytest.mark.parametrize("kind", ["instance_segmentation", "semantic_segmentation"])
def test_polygons_of_several_parts_and_masks_come_back(
    format_code: str, kind: str, annotation: Annotation
) -> None:
    assert_same(back(format_code, kind, annotation), annotation)


@few
@given(some.with_regions(st.builds(Region, label=some.LABELS, polygons=st.tuples(some.rings()))))
def test_polygons_of_one_part_come_back_as_yolo(annotation: Annotation) -> None:
    assert_same(back("yolo", "instance_segmentation", annotation), annotation)


@few
@given(some.with_regions(some.text_regions(some.ATTRIBUTES), some.ATTRIBUTES))
@pytest.mark.parametrize("format_code", ["json", "text_line_images"])
def test_texts_and_their_places_come_back(format_code: str, annotation: Annotation) -> None:
    assert_same(back(format_code, "ocr", annotation), annotation)


def test_names_that_fall_together_are_told_apart() -> None:
    one = Annotation(labels=("a",))
    names = ["x.jpg", "x.png", "X.jpg", "../x.jpg", "/a/b\\c:?.jpg", "", "..", "x_4.jpg"]
    samples = [export_sample(n, one, name=name) for n, name in enumerate(names, start=1)]
    annotations, problems = read(
        "json", "image_classification", written("json", "image_classification", samples)
    )
    assert len(annotations) == len(names)
    assert not problems
