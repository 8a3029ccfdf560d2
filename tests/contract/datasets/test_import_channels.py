"""Each channel of an import, from the upload to samples with their annotations (spec 02 sections 3 and 4)."""

import json

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.datasets.importing.data_imports import FailureReason, ImportState
from openbml.datasets.importing.inputs import SourceVersion, Take
from openbml.datasets.importing.start_imports import GivenFile
from openbml.datasets.samples import AnnotationState, Facet
from openbml_formats.annotations import Box
from openbml_formats.tag_schemes import TagScheme
from tests.contract.datasets.conftest import World
from tests.fakes.datasets_archives import archive, image_bytes, labelled_pairs

VOC = """<annotation><size><width>64</width><height>48</height></size><object><name>bolt</name>
<pose>Left</pose><bndbox><ymax>30</ymax><ymin>4</ymin><xmax>20</xmax><xmin>2</xmin></bndbox></object></annotation>"""


def test_a_detection_archive_with_voc_files_gives_boxes(world: World) -> None:
    key = world.dataset(kind="object_detection")
    body = archive([("a.jpg", image_bytes(seed=1)), ("a.xml", VOC.encode())])
    ended = world.imported(key, body, format_code="voc")

    assert (ended.state, ended.accepted) == (ImportState.FINISHED, 1)
    (sample,) = world.all_samples(key)
    assert sample.annotation is not None
    (region,) = sample.annotation.regions
    assert (region.label, region.box) == ("bolt", Box(x1=2, y1=4, x2=20, y2=30))
    assert region.attributes["pose"] == "Left"
    labels, _ = world.datasets.labels(key, limit=9, position=None)
    assert [(label.name, label.object_count) for label in labels] == [("bolt", 1)]


def test_boxes_out_of_the_image_are_clipped_and_told_or_refused(world: World) -> None:
    key = world.dataset(kind="object_detection")

    def document(*boxes: tuple[int, int, int, int]) -> bytes:
        labels = [dict(zip(("x1", "y1", "x2", "y2"), box, strict=True), name="nut") for box in boxes]
        return json.dumps({"labels": labels}).encode()

    entries = [
        ("a.jpg", image_bytes(seed=1)),
        ("a.json", document((0, 0, 900, 20))),
        ("b.jpg", image_bytes(seed=2)),
        ("b.json", document((30, 3, 2, 20))),
        ("c.jpg", image_bytes(seed=3)),
        ("c.json", document(*[(1, 1, 9, 9)] * 501)),
        ("d.jpg", image_bytes(seed=4)),
        ("d.json", document(*[(1, 1, 9, 9)] * 500)),
    ]
    ended = world.imported(key, archive(entries))

    assert (ended.accepted, ended.rejected, ended.changed) == (2, 2, 1)
    assert {(row.file, row.reason, row.severity.value) for row in world.problems(ended)} == {
        ("a.json", "box_clipped", "changed"),
        ("b.json", "box_degenerate", "rejected"),
        ("c.json", "too_many_regions", "rejected"),
    }


def test_labelled_text_lines_from_several_files(world: World) -> None:
    key = world.dataset(kind="text_classification")
    ended = world.imported(
        key,
        b"The battery died\tcomplaint\nArrived early\tpraise\n\nno label\n",
        "坏了\t投诉\nArrived early\tpraise\n".encode(),
        names=["one.txt", "two.txt"],
        format_code="text_labels",
    )

    assert (ended.state, ended.accepted, ended.duplicate, ended.skipped) == (ImportState.FINISHED, 4, 1, 1)
    samples = {sample.texts[0]: list(sample.label_counts) for sample in world.all_samples(key)}
    assert samples == {
        "The battery died": ["complaint"],
        "Arrived early": ["praise"],
        "no label": [],
        "坏了": ["投诉"],
    }
    (row,) = [row for row in world.problems(ended) if row.reason == "duplicate"]
    assert (row.file, row.line) == ("one.txt", 2)


def test_a_dataset_that_keeps_copies_keeps_them_all(world: World) -> None:
    key = world.dataset(kind="text_classification", deduplicated=False)
    body = b"same\ta\nsame\ta\nsame\tb\n"
    for expected in (3, 6):
        ended = world.imported(key, body, names=["a.txt"], format_code="text_labels")
        assert (ended.accepted, ended.duplicate) == (3, 0)
        assert world.datasets.version(key).sample_count == expected


def test_lines_are_cut_at_the_kinds_length_and_told(world: World) -> None:
    key = world.dataset(kind="text_classification")
    ended = world.imported(key, b"x" * 600 + b"\nshort\n", names=["a.txt"], format_code="text_lines")
    assert (ended.accepted, ended.cut, ended.unlabelled) == (2, 1, 2)
    assert [len(sample.texts[0]) for sample in world.all_samples(key)] == [512, 5]


def test_text_of_another_encoding_fails_the_import_with_its_reason(world: World) -> None:
    key = world.dataset(kind="text_classification")
    ended = world.imported(key, "价格很好".encode("gbk"), names=["a.txt"], format_code="text_lines")
    assert ended.failure is not None
    assert ended.failure.reason is FailureReason.ENCODING
    assert "UTF-8" in ended.failure.message


@pytest.mark.parametrize(
    ("kind", "format_code", "names", "field"),
    [
        ("instance_segmentation", "json", ["a.zip"], "format"),
        ("instance_segmentation", "voc", ["a.zip"], "format"),
        ("entity_extraction", "text_labels", ["a.txt"], "format"),
        ("sequence_labelling", "text_lines", ["a.txt"], "format"),
        ("image_classification", "images", [f"{number}.jpg" for number in range(101)], "files"),
        ("text_classification", "text_lines", [f"{number}.txt" for number in range(101)], "files"),
        ("image_classification", "images", ["a.gif"], "files"),
        ("image_classification", "json", ["a.zip", "b.zip"], "files"),
        ("image_classification", "json", ["a.rar"], "filename"),
        ("text_classification", "text_lines", ["a.txt", "A/a.txt"], "files"),
        ("image_classification", "nonsense", ["a.zip"], "format"),
    ],
)
def test_files_that_are_not_the_formats_are_refused_at_once(
    world: World, kind: str, format_code: str, names: list[str], field: str
) -> None:
    options = {"tag_scheme": TagScheme.IOB} if kind == "sequence_labelling" else {}
    key = world.dataset(kind=kind, **options)
    with pytest.raises(InvalidRequestError) as caught:
        world.started(key, *[b"x"] * len(names), names=names, format_code=format_code)
    assert caught.value.details["field"] == field


def test_a_file_size_is_announced_within_the_limits(world: World) -> None:
    key = world.dataset()
    for size in (0, 5 * 1024**3 + 1):
        with pytest.raises(InvalidRequestError):
            world.announced(key, [GivenFile(name="a.zip", size_bytes=size)], "json")
    assert world.announced(key, [GivenFile(name="a.zip", size_bytes=5 * 1024**3)], "json").size_bytes


def test_a_hundred_loose_images_are_one_import(world: World) -> None:
    key = world.dataset()
    bodies = [image_bytes(seed=seed) for seed in range(100)]
    names = [f"{number}.jpg" for number in range(100)]
    ended = world.imported(key, *bodies, names=names, format_code="images")
    assert (ended.state, ended.accepted, ended.unlabelled) == (ImportState.FINISHED, 100, 100)
    assert len(ended.files) == 100


def test_texts_of_a_deduplicated_dataset_replace_each_other(world: World) -> None:
    key = world.dataset(kind="text_classification")

    def imported(body: str, format_code: str = "text_labels") -> tuple[int, int, int]:
        ended = world.imported(key, body.encode(), names=["a.txt"], format_code=format_code)
        assert ended.state is ImportState.FINISHED
        return ended.accepted, ended.duplicate, ended.replaced

    def labelled() -> dict[str, list[str]]:
        return {sample.texts[0]: list(sample.label_counts) for sample in world.all_samples(key)}

    assert imported("one\ntwo\tlocal\nthree\tlocal\n") == (3, 0, 0)
    assert imported("one\tweather\ntwo\nthree\tweather\nfour\tlocal\n") == (1, 3, 3)
    assert labelled() == {"one": ["weather"], "two": [], "three": ["weather"], "four": ["local"]}
    version = world.datasets.version(key)
    assert (version.sample_count, version.labelled_count) == (4, 3)
    labels, _ = world.datasets.labels(key, limit=9, position=None)
    assert {label.name: label.sample_count for label in labels} == {"local": 1, "weather": 2}
    found, _ = world.samples.page(key, Facet.state(AnnotationState.UNLABELLED), limit=9, position=None)
    assert [sample.texts[0] for sample in found] == ["two"]
    assert imported("four\tlocal\n") == (0, 1, 0)


def test_a_labelled_import_of_another_version_takes_the_chosen_labels(world: World) -> None:
    source, key = (
        world.dataset("source", kind="image_classification_multi_label"),
        world.dataset("target", kind="image_classification_multi_label"),
    )
    entries = [
        ("a.jpg", image_bytes(seed=1)),
        ("a.json", b'{"labels": [{"name": "cat"}, {"name": "dog"}]}'),
        ("b.jpg", image_bytes(seed=2)),
        ("b.json", b'{"labels": [{"name": "dog"}]}'),
        ("c.jpg", image_bytes(seed=3)),
        ("c.json", b'{"labels": []}'),
    ]
    world.imported(source, archive(entries))
    wanted = SourceVersion(
        dataset_id=source.dataset_id, version_number=1, take=Take.LABELLED, labels=("cat",)
    )
    before = set(world.keys("data"))
    ended = world.copied(key, wanted)

    assert (ended.state, ended.accepted) == (ImportState.FINISHED, 1)
    (sample,) = world.all_samples(key)
    assert (sample.name, list(sample.label_counts), sample.width) == ("a.jpg", ["cat"], 64)
    added = {name for name in set(world.keys("data")) - before if "/reports/" not in name}
    assert added == set()


@pytest.mark.parametrize(
    ("take", "names"),
    [
        (Take.UNLABELLED, ["c.jpg"]),
        (Take.WITHOUT_ANNOTATIONS, ["image_00000.jpg", "image_00001.jpg", "c.jpg"]),
    ],
)
def test_a_detection_dataset_takes_images_of_a_classification(
    world: World, take: Take, names: list[str]
) -> None:
    source, key = world.dataset("source"), world.dataset("target", kind="object_detection")
    entries = [*labelled_pairs(2), ("c.jpg", image_bytes(seed=9)), ("c.json", b'{"labels": []}')]
    world.imported(source, archive(entries))
    wanted = SourceVersion(dataset_id=source.dataset_id, version_number=1, take=take)
    ended = world.copied(key, wanted)

    assert (ended.state, ended.accepted, ended.unlabelled) == (ImportState.FINISHED, len(names), len(names))
    assert [sample.name for sample in world.all_samples(key)] == names
    again = world.copied(key, wanted)
    assert (again.accepted, again.duplicate) == (0, len(names))


@pytest.mark.parametrize(
    ("source_kind", "options", "kind", "take"),
    [
        ("image_classification", {}, "object_detection", Take.LABELLED),
        ("image_classification", {}, "text_classification", Take.UNLABELLED),
        ("entity_extraction", {}, "text_classification", Take.WITHOUT_ANNOTATIONS),
        ("sequence_labelling", {"tag_scheme": TagScheme.IO}, "sequence_labelling", Take.ALL),
        ("sequence_labelling", {"tag_scheme": TagScheme.IOB}, "sequence_labelling", Take.UNLABELLED),
    ],
)
def test_sources_that_do_not_fit_are_refused(
    world: World, source_kind: str, options: dict[str, TagScheme], kind: str, take: Take
) -> None:
    source = world.dataset("source", kind=source_kind, **options)
    mine = {"tag_scheme": TagScheme.IOB} if kind == "sequence_labelling" else {}
    key = world.dataset("target", kind=kind, **mine)
    with pytest.raises(InvalidRequestError):
        world.copied(key, SourceVersion(dataset_id=source.dataset_id, version_number=1, take=take))
