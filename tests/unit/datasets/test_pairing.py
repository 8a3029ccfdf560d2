"""Images and json files belong together by name and folder (spec 02 section 3.3)."""

from openbml.datasets.importing.archives import Entry
from openbml.datasets.importing.data_imports import AnnotationFormat
from openbml.datasets.importing.pairing import Pairing, paired
from openbml.datasets.importing.shards import cut

MIB = 1024 * 1024


def entries(*names: str, size: int = 10) -> list[Entry]:
    return [Entry(name, place * 100, size, size, 0, 0, 100) for place, name in enumerate(names)]


def json_pairs(*names: str) -> Pairing:
    return paired(entries(*names), AnnotationFormat.JSON)


def test_pairs_are_found_in_the_root_and_in_folders() -> None:
    found = json_pairs("a.jpg", "b/a.JPEG", "b/a.json", "a.json", "b/c.d.png", "b/c.d.json")
    assert [(pair.image.name, pair.annotation and pair.annotation.name) for pair in found.pairs] == [
        ("a.jpg", "a.json"),
        ("b/a.JPEG", "b/a.json"),
        ("b/c.d.png", "b/c.d.json"),
    ]
    assert not found.mismatches


def test_a_partner_in_another_folder_is_a_mismatch() -> None:
    assert {problem.file for problem in json_pairs("a/x.jpg", "b/x.json").mismatches} == {
        "a/x.jpg",
        "b/x.json",
    }


def test_a_side_without_the_other_is_a_mismatch() -> None:
    assert [problem.file for problem in json_pairs("a.jpg", "a.json", "b.jpg").mismatches] == ["b.jpg"]
    assert [problem.file for problem in json_pairs("a.jpg", "a.json", "b.json").mismatches] == ["b.json"]
    assert json_pairs("A.jpg", "a.json").mismatches


def test_two_images_of_one_name_are_a_mismatch() -> None:
    assert [problem.file for problem in json_pairs("a.jpg", "a.png", "a.json").mismatches] == ["a.png"]


def test_other_files_are_ignored() -> None:
    found = json_pairs("readme.txt", "a.jpg", "a.json", "labels.xml")
    assert list(found.ignored) == ["readme.txt", "labels.xml"]
    assert not found.mismatches


def test_foreign_image_kinds_are_paired_so_that_their_own_fault_is_told() -> None:
    assert len(json_pairs("a.gif", "a.json", "b.webp", "b.json").pairs) == 2


def test_an_unlabelled_archive_needs_no_json() -> None:
    found = paired(entries("a.jpg", "b.png", "b.json"), AnnotationFormat.NONE)
    assert [pair.image.name for pair in found.pairs] == ["a.jpg", "b.png"]
    assert list(found.ignored) == ["b.json"]


def test_shards_hold_a_thousand_samples_or_some_megabytes() -> None:
    small = json_pairs(*(name for n in range(2500) for name in (f"{n}.jpg", f"{n}.json"))).pairs
    assert [len(shard) for shard in cut(small)] == [1000, 1000, 500]
    large = paired(entries(*(f"{n}.jpg" for n in range(20)), size=4 * MIB), AnnotationFormat.NONE).pairs
    assert [len(shard) for shard in cut(large)] == [8, 8, 4]


def test_images_too_large_to_be_read_weigh_nothing() -> None:
    huge = paired(entries(*(f"{n}.jpg" for n in range(50)), size=100 * MIB), AnnotationFormat.NONE).pairs
    assert [len(shard) for shard in cut(huge)] == [50]
