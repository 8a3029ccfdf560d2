"""Jobs of the kind `cleaning`: a version's samples in, those of a new version out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from openbml_catalog.datasets import Content
from openbml_catalog.datasets.operators import OperatorUse
from openbml_data.derivation_counts import DerivationCounts
from openbml_data.derived_samples import DerivedSamples
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.derivations import CleaningSettings, DerivationResult
from openbml_formats.listings import ListedSample
from openbml_formats.operators.cleaning import Cleaned, Cleaner
from openbml_formats.operators.operations import checked_operations
from openbml_formats.operators.pictures import Loaded, PictureError, written
from openbml_formats.records import Severity

if TYPE_CHECKING:
    from openbml_data.workspace import Workspace


def run(order: DataJobOrder, workspace: "Workspace") -> DerivationResult:
    """Raises OperationError: the order holds what the catalogue does not."""
    settings = CleaningSettings.model_validate(order.settings)
    kind = order.dataset.kind
    operations = checked_operations(settings.operations, kind=kind, use=OperatorUse.CLEANING)
    cleaner = Cleaner(operations, kind.content)
    counts = DerivationCounts(operations)
    target = DerivedSamples(workspace, order.shards_prefix)
    workspace.progress.stage("cleaning")
    for sample, content in _labelled_first(workspace, with_files=kind.content is Content.IMAGE):
        counts.read += 1
        _take(cleaner.clean(sample, content), sample, settings, counts, target)
        workspace.progress.done(counts.read, max(order.sample_count, counts.read))
    target.finish()
    if cleaner.capped:
        workspace.progress.note("warning", f"{cleaner.capped} images were not compared with all like them")
    return counts.result(shards=target.shards, samples=target.samples)


def _labelled_first(
    workspace: "Workspace", *, with_files: bool
) -> Iterator[tuple[ListedSample, bytes | None]]:
    """Yield samples with an annotation, then the others: of duplicates the labelled one is to stay."""
    for labelled in (True, False):
        chosen = (sample for sample in workspace.samples() if sample.annotation.is_empty is not labelled)
        if with_files:
            yield from ((sample, read()) for sample, read in workspace.with_content(chosen))
        else:
            yield from ((sample, None) for sample in chosen)


def _take(
    cleaned: Cleaned,
    sample: ListedSample,
    settings: CleaningSettings,
    counts: DerivationCounts,
    target: DerivedSamples,
) -> None:
    drop, work = cleaned.drop, cleaned.work
    if drop is not None:
        counts.dropped_by(sample, drop.operation, drop.reason, drop.message)
        return
    for notice in work.notices:
        counts.problem(sample, notice.reason, notice.message, Severity.CHANGED)
    if not work.is_changed:
        counts.unchanged += 1
        target.keep(sample, sample.annotation)
    elif cleaned.loaded is None:
        _count_change(counts, sample, work.done, work.dropped_regions, sample.name)
        target.add_texts(sample, sample.name, work.texts, work.annotation)
    else:
        _take_picture(cleaned, cleaned.loaded, sample, settings, counts, target)


def _take_picture(
    cleaned: Cleaned,
    opened: Loaded,
    sample: ListedSample,
    settings: CleaningSettings,
    counts: DerivationCounts,
    target: DerivedSamples,
) -> None:
    """Write the new image; one that the limits forbid leaves the sample as it was, told."""
    work = cleaned.work
    image = work.image or opened.image
    try:
        fault = settings.limits.fault(image.size)
        if fault is not None:
            raise PictureError("image_sides", fault)
        body = written(
            image, opened.extension, most_bytes=settings.limits.most_bytes, icc_profile=opened.icc_profile
        )
    except PictureError as error:
        counts.unchanged += 1
        counts.problem(sample, error.reason, f"stays as it was: it {error}", Severity.CHANGED)
        target.keep(sample, sample.annotation)
        return
    _count_change(counts, sample, work.done, work.dropped_regions, sample.name)
    target.add_file(sample, sample.name, body, opened.extension, work.annotation)


def _count_change(
    counts: DerivationCounts, sample: ListedSample, done: list[str], lost: list[str], made: str
) -> None:
    counts.changed += 1
    counts.changed_by(sample, done, made)
    counts.regions_lost(sample, lost)
