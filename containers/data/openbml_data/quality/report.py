"""One version's report, put together from what its samples are."""

from collections.abc import Sequence

from openbml_catalog.datasets import AnnotationForm, Content
from openbml_data.quality.balance import BalanceCount
from openbml_data.quality.images import ImageCount
from openbml_data.quality.regions import RegionCount
from openbml_data.quality.sequences import SequenceCount
from openbml_data.quality.sounds import BrokenSoundError, SoundCount, SoundMeasures, measured_sound
from openbml_data.quality.texts import TextCount
from openbml_formats.listings import ListedSample
from openbml_formats.operators.pictures import Measures, PictureError, measured
from openbml_formats.protocols import ExportInfo
from openbml_formats.quality import Finding, FindingSeverity, QualityReport, QualitySettings, TableQuality

Measured = Measures | SoundMeasures | PictureError | BrokenSoundError | None

_TEXTS = (Content.TEXT, Content.PAIR, Content.TOKENS)
_REGIONS = (AnnotationForm.BOXES, AnnotationForm.POLYGONS, AnnotationForm.TEXT_REGIONS)
_SEQUENCES = (AnnotationForm.SPANS, AnnotationForm.TAGS)
_ORDER = (FindingSeverity.SERIOUS, FindingSeverity.WARNING, FindingSeverity.INFO)


def measured_content(sample: ListedSample, data: bytes, content: Content) -> Measured:
    """Return what a file's content is like, or why it is broken; safe to call from several threads."""
    try:
        if content is Content.IMAGE:
            return measured(data)
        if content is Content.SOUND and sample.extension == "wav":
            return measured_sound(data)
    except (PictureError, BrokenSoundError) as error:
        return error
    return None


class ReportBuilder:
    """Takes a version's samples one by one, in their order."""

    def __init__(self, info: ExportInfo, settings: QualitySettings) -> None:
        self._info = info
        kind = info.kind
        self._samples = 0
        self._balance = BalanceCount()
        self._images = ImageCount(settings.similar_distance) if kind.content is Content.IMAGE else None
        self._regions = RegionCount(self._balance) if kind.annotation_form in _REGIONS else None
        self._texts = TextCount(kind.content) if kind.content in _TEXTS else None
        self._sequences = SequenceCount(info.tag_scheme) if kind.annotation_form in _SEQUENCES else None
        self._sounds = SoundCount() if kind.content is Content.SOUND else None

    def add(self, sample: ListedSample, found: Measured = None) -> None:
        self._samples += 1
        self._balance.add(sample)
        if self._texts:
            self._texts.add(sample)
        if self._sequences:
            self._sequences.add(sample)
        if self._sounds:
            self._add_sound(self._sounds, sample, found)
        if self._images:
            self._add_image(self._images, sample, found)

    def _add_image(self, images: ImageCount, sample: ListedSample, found: Measured) -> None:
        size = (sample.width, sample.height)
        if isinstance(found, Measures):
            images.add(sample, found)
            size = (found.width, found.height)
        else:
            images.add_broken(sample)
        if self._regions:
            self._regions.add(sample, size)

    def _add_sound(self, sounds: SoundCount, sample: ListedSample, found: Measured) -> None:
        if isinstance(found, SoundMeasures):
            sounds.add(sample, found)
        elif isinstance(found, BrokenSoundError):
            sounds.add_broken(sample)
        else:
            sounds.add_unmeasured(sample)

    def report(self) -> QualityReport:
        parts = [self._balance, self._images, self._regions, self._texts, self._sequences, self._sounds]
        return QualityReport(
            **_head(self._info),
            samples=self._samples,
            balance=self._balance.balance(),
            images=self._images and self._images.quality(),
            regions=self._regions and self._regions.quality(),
            texts=self._texts and self._texts.quality(),
            sequences=self._sequences and self._sequences.quality(),
            sounds=self._sounds and self._sounds.quality(),
            findings=_ordered([finding for part in parts if part for finding in part.findings()]),
        )


def table_report(info: ExportInfo, table: TableQuality, findings: Sequence[Finding]) -> QualityReport:
    return QualityReport(**_head(info), samples=table.rows, table=table, findings=_ordered(findings))


def _head(info: ExportInfo) -> dict[str, object]:
    return {
        "dataset_name": info.dataset_name,
        "version_number": info.version_number,
        "kind": info.kind.code,
    }


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))
