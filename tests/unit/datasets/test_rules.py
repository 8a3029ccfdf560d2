"""Small rules: names, part sizes, keys, ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml.core.errors import InvalidRequestError
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import checked_name
from openbml.datasets.importing.data_imports import import_of_key, import_prefix
from openbml.datasets.importing.inputs import part_size_bytes
from openbml.datasets.limits import ARCHIVE_BYTES, MIB, PARTS
from openbml.datasets.samples import AnnotationState, Facet, Sample, chunk_of, sample_id_of
from openbml.datasets.snapshots import snapshot_digest
from openbml_formats.annotations import Annotation

SCOPE = ProjectScope(account_id=1, region="us-east-1", project_id=42)


def sample(sample_id: int, *labels: str, revision: int = 1) -> Sample:
    return Sample(
        sample_id=sample_id,
        dataset_id=1,
        version_number=1,
        name="a.jpg",
        width=64,
        height=64,
        size_bytes=100,
        sha256="ab" * 32,
        extension="jpg",
        annotation_revision=revision,
    ).annotated(Annotation(labels=labels))


@pytest.mark.parametrize("name", ["猫和狗", " defects ", "e\u0301", "x" * 50])
def test_names_in_any_script_are_taken_composed_and_without_outer_blanks(name: str) -> None:
    assert checked_name(name) in {"猫和狗", "defects", "é", "x" * 50}


@pytest.mark.parametrize("name", ["", "   ", "x" * 51, "a\nb", "\ud800"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError):
        checked_name(name)


@given(st.integers(1, ARCHIVE_BYTES))
def test_every_archive_fits_into_its_parts(size_bytes: int) -> None:
    part = part_size_bytes(size_bytes)
    assert part % MIB == 0
    assert part >= 5 * MIB  # storage takes no smaller part but the last
    assert part * PARTS >= size_bytes


def test_only_a_markers_key_names_an_import() -> None:
    assert import_of_key(f"{import_prefix(SCOPE, 7)}uploaded.json") == (42, 7)
    for key in (
        "projects/42/imports/7/shards/uploaded.json",
        "projects/42/imports/7/other.zip",
        "projects/a/imports/7/uploaded.json",
        "projects/42/imports//uploaded.json",
        "uploaded.json",
    ):
        assert import_of_key(key) is None


@given(st.integers(1, 2**40), st.integers(0, 999))
def test_a_sample_id_holds_chunk_and_ordinal(chunk: int, ordinal: int) -> None:
    sample_id = sample_id_of(chunk, ordinal)
    assert (chunk_of(sample_id), sample(sample_id).ordinal) == (chunk, ordinal)
    assert sample_id < 2**53


def test_a_label_of_the_unlabelled_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        Facet.chosen("cat", AnnotationState.UNLABELLED)
    assert Facet.chosen("cat", AnnotationState.LABELLED) == Facet.label("cat")
    assert Facet.chosen(None, None) == Facet.everything()


def test_a_snapshot_is_named_by_its_content() -> None:
    one, two = sample(1, "a"), sample(2, "b")
    digest = snapshot_digest("image_classification", [one, two])
    assert digest == snapshot_digest("image_classification", [two, one])
    assert digest != snapshot_digest("other", [one, two])
    assert digest != snapshot_digest("image_classification", [one])
    assert digest != snapshot_digest("image_classification", [one, sample(2, "b", revision=2)])
    assert digest != snapshot_digest("image_classification", [one, sample(2, "c")])
