"""Files that people name become what an import takes, and their format is told where it can be."""

import json
import zipfile
from pathlib import Path

import pytest

from openbml_catalog.datasets import data_formats, dataset_kinds
from openbml_client.datasets.chosen_files import ChosenFiles, choose_files
from openbml_client.datasets.kinds import Kinds
from openbml_client.errors import FileChoiceError

KINDS = Kinds(
    {
        "items": [kind.model_dump(mode="json") for kind in dataset_kinds().values()],
        "formats": [row.model_dump(mode="json") for row in data_formats().values()],
    }
)
BOXES = '{"labels": [{"name": "car", "x1": 1, "y1": 1, "x2": 5, "y2": 5}]}'
COCO = '{"images": [], "categories": [], "annotations": []}'


@pytest.fixture
def packing(tmp_path: Path) -> Path:
    folder = tmp_path / "packing"
    folder.mkdir()
    return folder


def files(folder: Path, **contents: str) -> list[Path]:
    """Write files; `__` in a name is a folder, `_DOT_` the dot before its suffix."""
    paths = []
    for name, content in contents.items():
        path = folder / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    return paths


def archive(folder: Path, **contents: str) -> Path:
    path = folder / "data.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in contents.items():
            packed.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return path


def choose(kind: str, packing: Path, *references: str | Path, format_code: str | None = None) -> ChosenFiles:
    return choose_files(references, KINDS.kind(kind), KINDS, format_code=format_code, folder=packing)


ARCHIVES: list[tuple[str, dict[str, str], str]] = [
    ("image_classification", {"a_DOT_jpg": "", "a_DOT_json": '{"labels": [{"name": "x"}]}'}, "json"),
    ("object_detection", {"a_DOT_jpg": "", "a_DOT_json": BOXES}, "json"),
    ("object_detection", {"JPEGImages__a_DOT_jpg": "", "Annotations__a_DOT_xml": "<annotation>"}, "voc"),
    ("object_detection", {"images__a_DOT_jpg": "", "annotations_DOT_xml": "<annotations>"}, "cvat"),
    ("object_detection", {"images__a_DOT_jpg": "", "annotations__all_DOT_json": COCO}, "coco"),
    ("object_detection", {"images__a_DOT_jpg": "", "labels__a_DOT_txt": "0 .5 .5 .1 .1"}, "yolo"),
    ("instance_segmentation", {"a_DOT_jpg": "", "a_DOT_json": '{"shapes": []}'}, "labelme"),
    (
        "object_detection",
        {"a_DOT_jpg": "", "export_DOT_json": '[{"data": {"image": "a.jpg"}}]'},
        "label_studio",
    ),
    ("object_detection", {"a_DOT_jpg": "", "b_DOT_png": ""}, "images"),
    ("text_classification", {"a_DOT_txt": "text", "a_DOT_json": '{"labels": []}'}, "text_json"),
    ("text_classification", {"a_DOT_txt": "good film\tgood"}, "text_labels"),
    ("sequence_labelling", {"train_DOT_txt": "a B-x", "label_map_DOT_json": "{}"}, "tagged"),
    ("sequence_labelling", {"train_DOT_txt": "a B-x"}, "conll"),
    ("ocr", {"a_DOT_png": "", "lines_DOT_txt": "a.png\ttext"}, "text_line_images"),
    ("audio_classification", {"a_DOT_wav": "", "a_DOT_json": "{}"}, "sound_json"),
]


@pytest.mark.parametrize(("kind", "contents", "expected"), ARCHIVES, ids=lambda value: str(value)[:30])
def test_an_archive_tells_its_format(
    kind: str, contents: dict[str, str], expected: str, tmp_path: Path, packing: Path
) -> None:
    path = archive(tmp_path, **contents)

    chosen = choose(kind, packing, path)

    assert (chosen.format, list(chosen.paths)) == (expected, [path])


LOOSE: list[tuple[str, dict[str, str], str]] = [
    ("object_detection", {"a_DOT_jpg": "", "b_DOT_JPG": ""}, "images"),
    ("text_classification", {"a_DOT_txt": "one text\nanother"}, "text_lines"),
    ("text_classification", {"a_DOT_txt": "one text\tgood"}, "text_labels"),
    ("short_text_matching", {"a_DOT_txt": "one\tother"}, "text_lines"),
    ("short_text_matching", {"a_DOT_txt": "one\tother\t1"}, "text_labels"),
    ("entity_extraction", {"a_DOT_jsonl": "{}"}, "json_lines"),
    ("table", {"a_DOT_csv": "x,y"}, "csv"),
    ("table", {"a_DOT_parquet": ""}, "parquet"),
    ("sequence_labelling", {"a_DOT_conll": "a O"}, "conll"),
    ("audio_classification", {"a_DOT_wav": "", "b_DOT_mp3": ""}, "sounds"),
]


@pytest.mark.parametrize(("kind", "contents", "expected"), LOOSE, ids=lambda value: str(value)[:30])
def test_loose_files_tell_their_format_and_go_as_they_are(
    kind: str, contents: dict[str, str], expected: str, tmp_path: Path, packing: Path
) -> None:
    paths = files(tmp_path, **contents)

    chosen = choose(kind, packing, *paths)

    assert (chosen.format, list(chosen.paths)) == (expected, paths)


def test_where_several_formats_are_possible_all_are_named(tmp_path: Path, packing: Path) -> None:
    path = archive(tmp_path, cats__a_DOT_jpg="", dogs__b_DOT_jpg="")

    with pytest.raises(FileChoiceError, match=r"images, image_folder\. Say which with --format"):
        choose("image_classification", packing, path)

    assert choose("image_classification", packing, path, format_code="image_folder").format == "image_folder"


def test_files_that_look_like_nothing_get_a_list_of_what_is_possible(tmp_path: Path, packing: Path) -> None:
    with pytest.raises(FileChoiceError, match=r"no format of table.*csv, parquet"):
        choose("table", packing, *files(tmp_path, a_DOT_doc=""))


def test_a_format_that_the_kind_is_not_read_from_is_refused(tmp_path: Path, packing: Path) -> None:
    with pytest.raises(FileChoiceError, match="not imported from 'voc'"):
        choose("ocr", packing, *files(tmp_path, a_DOT_jpg=""), format_code="voc")


def test_more_images_than_go_up_loose_are_packed(tmp_path: Path, packing: Path) -> None:
    paths = files(tmp_path, **{f"i{number}_DOT_jpg": str(number) for number in range(101)})

    chosen = choose("object_detection", packing, *paths)

    with zipfile.ZipFile(chosen.paths[0]) as packed:
        assert (chosen.format, len(packed.namelist()), packed.read("i7.jpg")) == ("images", 101, b"7")


def test_a_folder_of_an_archive_format_is_packed_with_its_inner_names(tmp_path: Path, packing: Path) -> None:
    files(tmp_path / "voc", JPEGImages__a_DOT_jpg="", Annotations__a_DOT_xml="<annotation>")
    (tmp_path / "voc" / ".hidden").write_text("")
    (tmp_path / "voc" / "__MACOSX").mkdir()
    (tmp_path / "voc" / "__MACOSX" / "c.xml").write_text("")

    chosen = choose("object_detection", packing, tmp_path / "voc")

    assert chosen.paths[0].name == "voc.zip"
    with zipfile.ZipFile(chosen.paths[0]) as packed:
        assert sorted(packed.namelist()) == ["Annotations/a.xml", "JPEGImages/a.jpg"]


def test_the_same_files_are_packed_to_the_same_bytes(tmp_path: Path) -> None:
    files(tmp_path / "voc", a_DOT_jpg="x", a_DOT_xml="<annotation>")
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(choose("object_detection", tmp_path / name, tmp_path / "voc").paths[0].read_bytes())

    assert made[0] == made[1]


def test_patterns_find_files_in_order(tmp_path: Path, packing: Path) -> None:
    files(tmp_path, b_DOT_jpg="", a_DOT_jpg="", c_DOT_txt="")

    chosen = choose("object_detection", packing, tmp_path / "*.jpg")

    assert [path.name for path in chosen.paths] == ["a.jpg", "b.jpg"]


def test_images_of_one_name_in_two_folders_are_packed_apart(tmp_path: Path, packing: Path) -> None:
    files(tmp_path / "photos", one__a_DOT_jpg="1", two__a_DOT_jpg="2")

    chosen = choose("object_detection", packing, tmp_path / "photos")

    with zipfile.ZipFile(chosen.paths[0]) as packed:
        assert sorted(packed.namelist()) == ["one/a.jpg", "two/a.jpg"]


@pytest.mark.parametrize("kind", ["text_classification"])
def test_files_only_formats_say_how_many_they_take(kind: str, tmp_path: Path, packing: Path) -> None:
    paths = files(tmp_path, **{f"t{number}_DOT_xlsx": "" for number in range(101)})

    with pytest.raises(FileChoiceError, match="1 to 100 files"):
        choose(kind, packing, *paths, format_code="excel")


def test_what_is_not_there_and_what_is_no_archive_is_told(tmp_path: Path, packing: Path) -> None:
    with pytest.raises(FileChoiceError, match="no file"):
        choose("table", packing, tmp_path / "none.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileChoiceError, match="no files"):
        choose("table", packing, tmp_path / "empty")
    with pytest.raises(FileChoiceError, match="not a zip archive"):
        choose("object_detection", packing, *files(tmp_path, broken_DOT_zip=json.dumps({})))
