"""The manual's own formats and COCO: pairs of files, one file about all images, what dangles."""

import json

import pytest
from pydantic import JsonValue

from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.records import (
    NameMismatchError,
    Problem,
    Severity,
    SourceFormatError,
)
from openbml_formats.xml_documents import decoded_xml, parsed_xml
from tests.fakes.image_format_files import export_sample, read, records, written
from tests.unit.formats import image_examples as example

SIZE = (64, 48)


@pytest.mark.parametrize("format_code", ["json", "voc"])
def test_names_that_do_not_match_are_told_of_both_sides(format_code: str) -> None:
    suffix = "json" if format_code == "json" else "xml"
    files = {"a.jpg": b"", f"a.{suffix}": b"", "b.jpg": b"", f"d/b.{suffix}": b"", "c.jpg": b"", "c.png": b""}
    with pytest.raises(NameMismatchError, match=r"c\.png") as caught:
        list(records(format_code, "object_detection", files))
    assert {problem.file for problem in caught.value.problems} == {"b.jpg", f"d/b.{suffix}", "c.png", "c.jpg"}
    assert example.reasons(list(caught.value.problems)) == ["name_mismatch"] * 4


def test_pairs_in_folders_are_found_and_other_files_told() -> None:
    files = {"d/A.JPG": b"", "d/A.json": b'{"labels": [{"name": "x"}]}', "readme.md": b""}
    annotations, problems = read("json", "image_classification", files)
    assert annotations == {"d/A.JPG": Annotation(labels=("x",))}
    assert [(problem.reason, problem.severity) for problem in problems] == [
        ("ignored_file", Severity.SKIPPED)
    ]


def test_an_unlabelled_import_takes_the_images_alone() -> None:
    for format_code, (kind, files) in example.EXAMPLES.items():
        annotations, _ = read(format_code, kind, files, labelled=False)
        assert set(annotations) == {name for name in files if name.endswith(".jpg")}
        assert all(annotation == Annotation() for annotation in annotations.values())


def test_no_images_are_a_fault_of_the_whole_source() -> None:
    for format_code in example.EXAMPLES:
        with pytest.raises(SourceFormatError):
            list(records(format_code, example.EXAMPLES[format_code][0], {"notes.md": b""}))


def test_a_list_of_objects_without_a_root_is_voc_too() -> None:
    objects = b"".join(
        b"<object><bndbox><ymax>9</ymax><ymin>1</ymin><xmax>8</xmax><xmin>2</xmin></bndbox><name>%s</name></object>\n"
        % name
        for name in (b"a", b"b")
    )
    annotations, _ = read("voc", "object_detection", {"a.jpg": b"", "a.xml": objects})
    assert [(one.label, one.box) for one in annotations["a.jpg"].regions] == [
        (label, Box(x1=2, y1=1, x2=8, y2=9)) for label in ("a", "b")
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "latin-1"])
def test_voc_comes_in_many_encodings(encoding: str) -> None:
    label = "é" if encoding == "latin-1" else "螺栓"
    text = example.VOC.decode().replace("bolt", label).replace("UTF-8", encoding.replace("-sig", ""))
    annotations, _ = read("voc", "object_detection", {"a.jpg": b"", "a.xml": text.encode(encoding)})
    assert annotations["a.jpg"].regions[0].label == label


def test_voc_keeps_all_it_does_not_know_and_writes_it_back() -> None:
    first, _ = read("voc", "object_detection", {"a.jpg": b"", "a.xml": example.VOC})
    region = first["a.jpg"].regions[0]
    assert region.attributes["difficult"] == "1"
    assert region.attributes["part"] == [{"name": "head", "bndbox": {"xmin": "1"}}, {"name": "tail"}]
    assert first["a.jpg"].attributes["source"] == {"database": "Unknown", "annotation": "PASCAL"}
    files = written("voc", "object_detection", [export_sample(1, first["a.jpg"], name="a.jpg")])
    assert b"<difficult>1</difficult>" in files["a.xml"]
    assert b"<name>tail</name>" in files["a.xml"]
    assert read("voc", "object_detection", files)[0] == first


def test_every_voc_object_has_what_tools_ask_for() -> None:
    attributes: list[dict[str, JsonValue]] = [{}, {"difficult": 1, "truncated": True}, {"pose": "Left"}]
    box = Box(x1=1, y1=2, x2=3, y2=4)
    one = Annotation(regions=tuple(Region(label="a", box=box, attributes=told) for told in attributes))
    files = written("voc", "object_detection", [export_sample(1, one)])
    objects = parsed_xml(decoded_xml(files["1.xml"])).findall("object")
    told = [
        tuple(element.findtext(name) for name in ("pose", "truncated", "difficult")) for element in objects
    ]
    assert told == [("Unspecified", "0", "0"), ("Unspecified", "1", "1"), ("Left", "0", "0")]
    assert read("voc", "object_detection", files)[0]["1.jpg"] == one


def test_coco_keeps_what_a_kind_holds() -> None:
    shapes = example.regions("coco")
    assert shapes["a.jpg"][0].polygons == (((1, 2), (11.5, 2), (11.5, 22), (1, 22)),)
    assert [one.mask for one in shapes["images/deep/b.jpg"]] == [example.MASK, example.MASK]
    assert shapes["images/deep/b.jpg"][0].attributes == {"iscrowd": 1, "occluded": False}
    boxes = example.regions("coco", "object_detection")
    assert boxes["a.jpg"][0].box == Box(x1=1, y1=2, x2=11.5, y2=22)
    assert not boxes["a.jpg"][0].polygons


def coco(document: object, **more: bytes) -> tuple[dict[str, Annotation], list[Problem]]:
    files = {"a.jpg": b"", "b.jpg": b"", "instances_train.json": json.dumps(document).encode(), **more}
    return read("coco", "object_detection", files)


def test_what_dangles_in_a_coco_file_is_told() -> None:
    document = {
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {"image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {"image_id": 9, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {"image_id": 2, "category_id": 7, "bbox": [1, 2, 3, 4]},
            5,
        ],
        "images": [
            {"id": 1, "file_name": "a.jpg"},
            {"id": 2, "file_name": "b.jpg"},
            {"id": 3, "file_name": "gone.jpg"},
            {"id": 1, "file_name": "b.jpg"},
            {"file_name": "b.jpg"},
        ],
        "categories": [{"id": 1, "name": "x"}],
    }
    annotations, problems = coco(document)
    assert list(annotations) == ["a.jpg"]
    assert sorted(example.reasons(problems)) == [
        *(
            "annotation_shape",
            "annotation_shape",
            "category_unknown",
            "id_twice",
            "image_missing",
            "image_unknown",
        )
    ]
    assert next(one for one in problems if one.reason == "image_unknown").message.startswith("2 annotations")


def test_several_coco_files_of_splits_find_their_images() -> None:
    def document(label: str) -> bytes:
        return json.dumps(
            {
                "images": [{"id": 1, "file_name": "1.jpg"}],
                "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
                "categories": [{"id": 1, "name": label}],
            }
        ).encode()

    files = {
        "train2017/1.jpg": b"",
        "val2017/1.jpg": b"",
        "annotations/instances_train2017.json": document("t"),
        "annotations/instances_val2017.json": document("v"),
        "annotations/captions_val2017.json": b'{"images": [{"id": 1, "file_name": "1.jpg"}], "annotations":'
        b' [{"image_id": 1, "caption": "a dog"}]}',
    }
    annotations, problems = read("coco", "object_detection", files)
    assert {name: one.regions[0].label for name, one in annotations.items()} == {
        "train2017/1.jpg": "t",
        "val2017/1.jpg": "v",
    }
    assert example.reasons(problems) == ["ignored_captions"]


def test_images_that_coco_does_not_name_are_unlabelled_and_doubtful_ones_told() -> None:
    annotations, _ = coco(
        {"images": [{"id": 1, "file_name": "x/a.jpg"}], "annotations": [], "categories": []}
    )
    assert annotations == {"a.jpg": Annotation(), "b.jpg": Annotation()}
    files = {
        "one/1.jpg": b"",
        "two/1.jpg": b"",
        "c.json": b'{"images": [{"id": 1, "file_name": "1.jpg"}], "annotations": [], "categories": []}',
    }
    _, problems = read("coco", "object_detection", files)
    assert example.reasons(problems) == ["image_ambiguous"]
