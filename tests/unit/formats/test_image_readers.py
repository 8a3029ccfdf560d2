"""What each image format's reader takes, in the layouts its tools produce."""

import base64
import io
import json
import random
import tarfile

import pytest
from PIL import Image
from pydantic import JsonValue

from openbml_formats import masks
from openbml_formats.annotations import Annotation, Box, Region
from openbml_formats.labelme_json import embedded_image
from openbml_formats.png_bitmaps import PngFormatError, read_png
from openbml_formats.protocols import ReadSettings
from openbml_formats.readers import UnreadableFormatError, reader_of
from openbml_formats.records import (
    AnnotationError,
    NameMismatchError,
    Problem,
    Record,
    Severity,
    SourceFormatError,
)
from openbml_formats.writers import UnwritableFormatError, writer_of
from openbml_formats.xml_documents import decoded_xml, parsed_xml
from tests.fakes.image_format_files import export_sample, read, records, written
from tests.unit.formats import image_examples as example

SIZE = (64, 48)


def regions(format_code: str, kind: str = "instance_segmentation") -> dict[str, list[Region]]:
    annotations, _ = read(format_code, kind, example.EXAMPLES[format_code][1], size=SIZE)
    return {name: list(annotation.regions) for name, annotation in annotations.items()}


def reasons(problems: list[Problem]) -> list[str]:
    return [problem.reason for problem in problems]


# The manual's own.


@pytest.mark.parametrize("format_code", ["json", "voc"])
def test_names_that_do_not_match_are_told_of_both_sides(format_code: str) -> None:
    suffix = "json" if format_code == "json" else "xml"
    files = {"a.jpg": b"", f"a.{suffix}": b"", "b.jpg": b"", f"d/b.{suffix}": b"", "c.jpg": b"", "c.png": b""}
    with pytest.raises(NameMismatchError, match=r"c\.png") as caught:
        list(records(format_code, "object_detection", files))
    assert {problem.file for problem in caught.value.problems} == {"b.jpg", f"d/b.{suffix}", "c.png", "c.jpg"}
    assert reasons(list(caught.value.problems)) == ["name_mismatch"] * 4


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


# COCO


def test_coco_keeps_what_a_kind_holds() -> None:
    shapes = regions("coco")
    assert shapes["a.jpg"][0].polygons == (((1, 2), (11.5, 2), (11.5, 22), (1, 22)),)
    assert [one.mask for one in shapes["images/deep/b.jpg"]] == [example.MASK, example.MASK]
    assert shapes["images/deep/b.jpg"][0].attributes == {"iscrowd": 1, "occluded": False}
    boxes = regions("coco", "object_detection")
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
    assert sorted(reasons(problems)) == [
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
    assert reasons(problems) == ["ignored_captions"]


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
    assert reasons(problems) == ["image_ambiguous"]


# YOLO


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("a.jpg", "a.txt"),
        ("images/a.jpg", "labels/a.txt"),
        ("images/train/a.jpg", "labels/train/a.txt"),
        ("train/images/a.jpg", "train/labels/a.txt"),
        ("data/images/a.jpg", "annotations/a.txt"),
        ("obj_train_data/a.jpg", "obj_train_data/a.txt"),
    ],
)
@pytest.mark.parametrize(
    ("names", "text"),
    [
        ("data.yaml", b"names: [cat, no]"),
        ("data.yaml", b"names:\n  0: cat\n  1: no\n"),
        ("classes.txt", b"cat\nno\n"),
        ("obj.names", b"cat\r\nno\r\n"),
    ],
)
def test_yolos_layouts(image: str, label: str, names: str, text: bytes) -> None:
    files = {image: b"", label: b"1 0.5 0.5 0.25 0.5\n0 0 0 1 0 1 1\n", names: text}
    annotations, problems = read("yolo", "object_detection", files, size=SIZE)
    assert not problems
    box, polygon = annotations[image].regions
    assert (box.label, box.box) == ("no", Box(x1=24, y1=12, x2=40, y2=36))
    assert (polygon.label, polygon.polygons) == ("cat", (((0, 0), (64, 0), (64, 48)),))


def test_yolo_tells_what_is_missing() -> None:
    annotations, problems = read(
        "yolo", "object_detection", {"a.jpg": b"", "b.jpg": b"", "a.txt": b"3 .5 .5 .1 .1", "c.txt": b""}
    )
    assert reasons(problems) == ["class_names_missing", "image_missing"]
    assert annotations["a.jpg"].regions[0].label == "3"
    assert annotations["b.jpg"] == Annotation()


@pytest.mark.parametrize(
    "line",
    ["5 .5 .5 .1 .1", "-1 .5 .5 .1 .1", "0 320 240 10 10", "0 .5 .5", "x 1 1 1 1", "0 .1 .2 .3 .4 .5 .6 .7"],
)
def test_lines_that_are_not_yolos_are_refused(line: str) -> None:
    files = {"a.jpg": b"", "a.txt": line.encode(), "classes.txt": b"a\nb\n"}
    with pytest.raises(AnnotationError):
        read("yolo", "object_detection", files)


def test_every_place_goes_to_shares_and_back_below_a_millionth_of_a_pixel() -> None:
    rng = random.Random(5)
    for _ in range(200):
        width, height = rng.randint(31, 4095), rng.randint(31, 4095)
        xs, ys = sorted(rng.uniform(0, width) for _ in "ab"), sorted(rng.uniform(0, height) for _ in "ab")
        box = Box(x1=xs[0], y1=ys[0], x2=xs[1], y2=ys[1])
        one = Annotation(regions=(Region(label="a", box=box),))
        files = written("yolo", "object_detection", [export_sample(1, one, size=(width, height))], ["a"])
        found = (
            read("yolo", "object_detection", files, size=(width, height))[0]["images/1.jpg"].regions[0].box
        )
        assert found is not None
        assert (
            max(
                abs(a - b)
                for a, b in zip(box.model_dump().values(), found.model_dump().values(), strict=True)
            )
            < 1e-6
        )


# LabelMe


def test_labelmes_shapes() -> None:
    polygon, box, circle, mask = regions("labelme")["a.jpg"]
    assert polygon.polygons == (((1, 2), (30, 2), (30, 20)),)
    assert box.box == Box(x1=1, y1=2, x2=30, y2=20)
    assert len(circle.polygons[0]) == 32
    assert circle.attributes == {"description": "round", "shape_type": "circle"}
    assert mask.mask == example.MASK


def test_an_image_inside_labelmes_json_is_found() -> None:
    document = {
        **example.LABELME,
        "imagePath": "..\\photos\\gone.png",
        "imageData": base64.b64encode(b"bytes").decode(),
    }
    found = list(records("labelme", "instance_segmentation", {"d/x.json": json.dumps(document).encode()}))
    assert found == [Record(name="d/x.png", embedded="d/x.json", sidecar="d/x.json", file="d/x.json")]
    assert embedded_image(json.dumps(document).encode()) == b"bytes"
    with pytest.raises(AnnotationError, match="imageData"):
        embedded_image(json.dumps(example.LABELME).encode())


def test_labelmes_json_finds_its_image_by_name_and_says_when_it_is_gone() -> None:
    data = json.dumps({**example.LABELME, "imagePath": "../images/b.jpg"}).encode()
    files = {"images/b.jpg": b"", "images/c.jpg": b"", "json/x.json": data, "json/y.json": data}
    annotations, problems = read("labelme", "instance_segmentation", files, size=SIZE)
    assert len(annotations["images/b.jpg"].regions) == 4
    assert annotations["images/c.jpg"] == Annotation()
    assert reasons(problems) == ["annotation_twice"]
    _, problems = read("labelme", "instance_segmentation", {"c.jpg": b"", "x.json": data})
    assert reasons(problems) == ["image_missing"]


def test_polygons_of_one_group_are_one_object() -> None:
    shapes = [{"label": "a", "group_id": 4, "points": [[0, 0], [1, 0], [x, 1]]} for x in (1, 2)]
    data = json.dumps({"shapes": [*shapes, {**shapes[0], "label": "b"}]}).encode()
    annotations, _ = read("labelme", "instance_segmentation", {"a.jpg": b"", "a.json": data})
    assert [(one.label, len(one.polygons)) for one in annotations["a.jpg"].regions] == [("a", 2), ("b", 1)]


@pytest.mark.parametrize("mode", ["1", "L", "P"])
@pytest.mark.parametrize("size", [(1, 1), (37, 21), (64, 48)])
def test_masks_are_read_as_image_libraries_write_them(mode: str, size: tuple[int, int]) -> None:
    rng = random.Random(size[0])
    pixels = bytes(rng.choice((0, 0, 1)) for _ in range(size[0] * size[1]))
    image = Image.frombytes(
        "L", size, pixels.translate(bytes([0] + [255] * 255) if mode == "1" else bytes(range(256)))
    )
    image = image.convert("1", dither=Image.Dither.NONE) if mode == "1" else image
    if mode == "P":
        image.putpalette([0, 0, 0, 255, 0, 0])
    stream = io.BytesIO()
    image.save(stream, "PNG")
    assert read_png(stream.getvalue()) == (*size, pixels)


def test_gradients_are_read_whatever_filter_they_need() -> None:
    image = Image.linear_gradient("L")
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    assert read_png(stream.getvalue()).pixels == image.tobytes()
    with pytest.raises(PngFormatError):
        read_png(stream.getvalue()[:200])


# CVAT, Label Studio


def test_cvats_shapes_and_tags() -> None:
    box, polygon, ellipse, mask = regions("cvat")["a.jpg"]
    assert box.box == Box(x1=1.5, y1=2, x2=20, y2=30)
    assert box.attributes == {"occluded": "1", "colour": "red"}
    assert polygon.polygons == (((1, 2), (30, 2), (30, 20)),)
    assert polygon.attributes == {"z_order": "2"}
    assert ellipse.attributes == {"shape_type": "ellipse"}
    assert mask.mask is not None
    rows = masks.to_rows(mask.mask)
    ones = {(place % 64, place // 64) for place, bit in enumerate(rows) if bit}
    assert ones == {(10, 20), (11, 20), (12, 20), (13, 20), *((x, 21) for x in range(10, 15))}
    annotations, _ = read("cvat", "image_classification", example.EXAMPLES["cvat"][1])
    assert annotations == {"a.jpg": Annotation(labels=("night",)), "images/deep/b.jpg": Annotation()}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<annotations><track id='0'/></annotations>", "video"),
        (b"<annotations/>", "no <image>"),
        (b"<annotations>", "not XML"),
    ],
)
def test_what_is_not_cvat_for_images_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(SourceFormatError, match=message):
        list(records("cvat", "object_detection", {"a.jpg": b"", "annotations.xml": data}))


def test_a_shape_that_no_kind_has_costs_its_own_image_only() -> None:
    data = b"<annotations><image name='a.jpg'><cuboid label='x'/></image><image name='b.jpg'/></annotations>"
    annotations, problems = read("cvat", "object_detection", {"a.jpg": b"", "b.jpg": b"", "x.xml": data})
    assert list(annotations) == ["b.jpg"]
    assert [(problem.file, problem.reason) for problem in problems] == [("a.jpg", "shape_unsupported")]


def test_label_studios_shapes_are_shares_of_a_hundred() -> None:
    box, polygon = regions("label_studio")["a.jpg"]
    assert box.box == Box(x1=16, y1=24, x2=48, y2=36)
    assert polygon.polygons == (((0, 0), (32, 0), (32, 24)),)
    annotations, _ = read("label_studio", "image_classification", example.EXAMPLES["label_studio"][1])
    assert annotations == {"a.jpg": Annotation(labels=("night",)), "images/deep/b.jpg": Annotation()}


def brush_codes(width: int, height: int, pixels: bytes) -> list[int]:
    """Return `@thi.ng/rle-pack` run lengths of white pixels, as Label Studio's brush writes them."""
    rgba = bytes(value * 255 for value in pixels for _ in range(4))
    bits = [f"{len(rgba):032b}", f"{7:05b}", *(f"{length - 1:04b}" for length in (3, 4, 8, 16))]
    place = 0
    while place < len(rgba):
        end = place + 1
        while end < len(rgba) and rgba[end] == rgba[place] and end - place < 65_536:
            end += 1
        bits.append(f"111{end - place - 1:016b}{rgba[place]:08b}")
        place = end
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def test_label_studios_brush() -> None:
    pixels = masks.to_rows(example.MASK)
    value = {"format": "rle", "rle": brush_codes(64, 48, pixels), "brushlabels": ["a"]}
    result = {"type": "brushlabels", "original_width": 64, "original_height": 48, "value": value}
    task = {"data": {"image": "a.jpg"}, "annotations": [{"result": [result]}]}
    files = {"a.jpg": b"", "x.json": json.dumps([task]).encode()}
    annotations, problems = read("label_studio", "semantic_segmentation", files)
    assert not problems
    assert annotations["a.jpg"].regions == (Region(label="a", mask=example.MASK),)


def test_label_studios_texts_with_spans_and_classes() -> None:
    files = {"x.json": json.dumps(example.LABEL_STUDIO_TEXTS).encode()}
    found = list(records("label_studio", "entity_extraction", files))
    assert isinstance(found[0], Record)
    assert found[0].texts == ("Anna \U0001f600 lives in Rome",)
    assert found[0].annotation is not None
    assert [(span.label, span.text, span.start) for span in found[0].annotation.spans] == [
        ("PER", "Anna", 0),
        ("LOC", "Rome", 16),
    ]
    annotations, _ = read("label_studio", "text_classification", files)
    assert annotations == {"x.json:1": Annotation(labels=("travel",))}


def test_of_several_annotations_the_first_counts_and_the_others_are_told() -> None:
    results = [{"result": [{"type": "choices", "value": {"choices": [label]}}]} for label in "abc"]
    task = {"data": {"text": "t"}, "annotations": [{**results[0], "was_cancelled": True}, *results[1:]]}
    annotations, problems = read(
        "label_studio", "text_classification", {"x.json": json.dumps([task]).encode()}
    )
    assert annotations == {"x.json:1": Annotation(labels=("b",))}
    assert [(problem.reason, problem.severity) for problem in problems] == [
        ("further_annotations", Severity.CHANGED)
    ]


# Folders, lines, WebDataset


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["cat/1.jpg", "dog/x/2.jpg", "3.jpg"], ["cat", "dog", None]),
        (["all/cat/1.jpg", "all/dog/2.jpg"], ["cat", "dog"]),
        (["train/cat/1.jpg", "val/dog/2.jpg"], ["cat", "dog"]),
        (["d/train/cat/1.jpg", "d/test/dog/2.jpg"], ["cat", "dog"]),
        (["cat/1.jpg", "cat/2.jpg"], ["cat", "cat"]),
    ],
)
def test_the_top_folder_is_the_class(names: list[str], labels: list[str | None]) -> None:
    annotations, _ = read("image_folder", "image_classification", dict.fromkeys(names, b""))
    assert [annotations[name].labels for name in names] == [(label,) if label else () for label in labels]


def test_lines_that_say_no_text_are_told_with_their_number() -> None:
    lines = "\ufeffa.jpg\tHello world\n\nb.jpg\ngone.jpg\tx\na.jpg\ty\nsub/c.jpg\t\tz\n".encode()
    files = {"a.jpg": b"", "b.jpg": b"", "sub/c.jpg": b"", "lines.txt": lines}
    annotations, problems = read("text_line_images", "ocr", files)
    assert [(problem.line, problem.reason) for problem in problems] == [
        (3, "line_shape"),
        (4, "image_missing"),
        (5, "annotation_twice"),
    ]
    assert annotations["a.jpg"].regions == (Region(text="Hello world"),)
    assert annotations["sub/c.jpg"].regions == (Region(text="\tz"),)
    assert annotations["b.jpg"] == Annotation()


def test_a_web_dataset_is_the_same_each_time_and_readable_as_tar() -> None:
    samples = [export_sample(n, Annotation(labels=("cat",))) for n in (1, 2)]
    files = written("webdataset", "image_classification", samples, ["ant", "cat"])
    assert files == written("webdataset", "image_classification", samples, ["ant", "cat"])
    assert set(files) == {"shard-000000.tar", "classes.txt"}
    with tarfile.open(fileobj=io.BytesIO(files["shard-000000.tar"])) as tar:
        assert tar.getnames() == [
            f"00000000{n}.{suffix}" for n in (1, 2) for suffix in ("jpg", "json", "cls")
        ]
        label = tar.extractfile("000000002.cls")
        assert label is not None
        assert label.read() == b"1"
    assert set(written("webdataset", "ocr", [])) == {"shard-000000.tar", "classes.txt"}


def test_formats_without_reader_or_writer_say_so() -> None:
    for code in ("webdataset", "nonsense"):
        with pytest.raises(UnreadableFormatError):
            reader_of(code)
    for code in ("images", "cvat", "nonsense"):
        with pytest.raises(UnwritableFormatError):
            writer_of(code)
    assert ReadSettings.model_fields["labelled"].default is True
