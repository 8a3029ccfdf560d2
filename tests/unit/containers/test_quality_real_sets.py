"""Reports, cleaning and augmentation of the real sets, against what their README states."""

import io
from pathlib import PurePosixPath
from typing import Any

import pytest
from PIL import Image

from openbml_data import augmentations, cleanings, quality_reports
from openbml_formats.annotations import Annotation
from openbml_formats.data_jobs import DataJobKind
from openbml_formats.planned import StoredFile
from openbml_formats.quality import QualityReport
from openbml_formats.tag_schemes import TagScheme
from tests.fakes import format_files, image_format_files
from tests.fakes.derivation_workspace import (
    LIMITS,
    MemoryWorkspace,
    image_sample,
    order_of,
    text_workspace,
)
from tests.fakes.sample_data import SAMPLE_DATA

pytestmark = pytest.mark.skipif(not SAMPLE_DATA.is_dir(), reason="the sample sets are not on this machine")


def images(name: str, kind: str) -> MemoryWorkspace:
    files = image_format_files.unzipped(SAMPLE_DATA / name)
    annotations, problems = image_format_files.read("json", kind, files)
    assert problems == []
    samples = [
        image_sample(number, files[found], annotation, name=found)
        for number, (found, annotation) in enumerate(annotations.items(), start=1)
    ]
    return MemoryWorkspace(samples, {sample.sha256: files[sample.name] for sample in samples})


def texts(name: str, kind: str, format_code: str, scheme: str | None = None) -> MemoryWorkspace:
    path = SAMPLE_DATA / name
    source: Any = format_files.ZipFileSource(path) if path.suffix == ".zip" else {name: path.read_bytes()}
    records, _ = format_files.read(format_code, source, format_files.read_settings(kind, scheme=scheme))
    return text_workspace((record.texts, record.annotation or Annotation()) for record in records)


def reported(workspace: MemoryWorkspace, kind: str, scheme: TagScheme | None = None) -> QualityReport:
    report = quality_reports.run(order_of(DataJobKind.QUALITY_REPORT, kind, {}, tag_scheme=scheme), workspace)
    assert len(report.model_dump_json()) < 1_000_000
    return report


def test_blood_cells_are_counted_as_the_set_says_and_none_is_called_blurred() -> None:
    report = reported(images("object_detection/bccd/train_json.zip", "object_detection"), "object_detection")
    assert report.balance is not None
    assert {row.label: row.uses for row in report.balance.labels} == {
        "Platelets": 209,
        "RBC": 2381,
        "WBC": 214,
    }
    assert report.images is not None
    assert (report.images.measured, report.images.broken) == (205, 0)
    assert report.regions is not None
    assert (report.regions.regions, report.regions.outside) == (2804, 0)
    assert "images_blurred" not in {finding.code for finding in report.findings}


def test_hands_in_the_same_place_with_other_fingers_are_not_called_similar() -> None:
    kind = "image_classification"
    report = reported(images("image_classification/sign_digits/train.zip", kind), kind)
    assert report.images is not None
    assert report.images.similar.extra + report.images.identical.extra == 0
    assert report.balance is not None
    assert {row.samples for row in report.balance.labels} == {80}


def test_outlines_of_augmented_balloons_stay_inside_their_images() -> None:
    kind = "instance_segmentation"
    workspace = images("instance_segmentation/balloon/train.zip", kind)
    operations = [{"code": "rotate"}, {"code": "crop"}, {"code": "scale"}, {"code": "mirror"}]
    settings = {"operations": operations, "copies": 2, "limits": LIMITS.model_dump(), "seed": 5}
    result = augmentations.run(order_of(DataJobKind.AUGMENTATION, kind, settings), workspace)
    assert (result.read, result.copies) == (25, 50)
    outlines = 0
    for sample in workspace.planned():
        if not isinstance(sample.content, StoredFile) or sample.annotation is None:
            continue
        with Image.open(io.BytesIO(workspace.put[sample.content.key])) as image:
            for region in sample.annotation.regions:
                for x, y in region.polygons[0]:
                    outlines += 1
                    assert -1e-6 <= x <= image.width + 1e-6
                    assert -1e-6 <= y <= image.height + 1e-6
    assert outlines > 1_000
    lost = sum(result.dropped_regions.values())
    kept = sum(len(sample.annotation.regions) for sample in workspace.planned() if sample.annotation)
    assert kept == 3 * 111 - lost


def test_news_titles_are_cleaned_without_losing_a_label() -> None:
    kind = "text_classification"
    workspace = texts("text_classification/thucnews/train.txt", kind, "text_labels")
    report = reported(workspace, kind)
    assert report.texts is not None
    assert report.texts.scripts["han"] > 0.8
    operations = [{"code": "narrow_characters"}, {"code": "trim_blanks"}, {"code": "remove_duplicates"}]
    settings = {"operations": operations, "limits": LIMITS.model_dump()}
    result = cleanings.run(order_of(DataJobKind.CLEANING, kind, settings), workspace)
    assert result.read == 2000
    assert result.changed == report.texts.noise["narrow_characters"]
    planned = workspace.planned()
    assert len(planned) == 2000 - result.dropped
    assert all(sample.annotation and len(sample.annotation.labels) == 1 for sample in planned)


def test_entities_of_the_tagged_set_are_counted_by_chunks() -> None:
    kind = "sequence_labelling"
    workspace = texts("sequence_labelling/wnut17/train_iob.zip", kind, "tagged", "IOB")
    report = reported(workspace, kind, TagScheme.IOB)
    assert report.sequences is not None
    assert report.sequences.illegal == 0
    assert report.sequences.chunks == sum(row.chunks for row in report.sequences.types) > 0


def test_spoken_digits_have_their_duration_and_rate() -> None:
    files = image_format_files.unzipped(SAMPLE_DATA / "audio/spoken_digits/train.zip")
    samples = [
        image_sample(
            number,
            body,
            Annotation(labels=(PurePosixPath(name).parent.name,)),
            name=name,
            extension="wav",
        )
        for number, (name, body) in enumerate(files.items())
        if name.endswith(".wav")
    ]
    blobs = {sample.sha256: files[sample.name] for sample in samples}
    report = reported(MemoryWorkspace(samples, blobs), "audio_classification")
    assert report.sounds is not None
    assert (report.sounds.sounds, report.sounds.broken) == (720, 0)
    assert dict(report.sounds.sample_rates) == {"8000": 720}


def test_adult_has_the_columns_and_gaps_that_its_file_has() -> None:
    import polars as pl

    from openbml_data.quality.tables import profiled

    path = SAMPLE_DATA / "table/adult/train.csv"
    quality = profiled(pl.scan_csv(path, null_values=[""], infer_schema_length=10_000))
    frame = pl.read_csv(path, null_values=[""], infer_schema_length=10_000)
    assert (quality.rows, quality.column_count) == frame.shape
    for column in quality.columns:
        assert column.missing == frame[column.name].null_count()
        assert column.distinct == frame[column.name].drop_nulls().n_unique()
        if column.mean is not None and column.p50 is not None:
            assert column.mean == pytest.approx(frame[column.name].mean())
            assert column.p50 == pytest.approx(frame[column.name].median())
            assert sum(column.counts) == frame.height - column.missing
