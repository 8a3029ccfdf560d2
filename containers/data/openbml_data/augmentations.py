"""Jobs of the kind `augmentation`: a version's samples and changed copies of them, as a new version."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from openbml_catalog.datasets import Content
from openbml_catalog.datasets.operators import OperatorUse
from openbml_data.derivation_counts import DerivationCounts
from openbml_data.derived_samples import DerivedSamples
from openbml_data.ordered_work import in_order
from openbml_formats.data_jobs import DataJobOrder
from openbml_formats.derivations import AugmentationSettings, DerivationResult
from openbml_formats.listings import ListedSample
from openbml_formats.operators.augmentation import augmented, copy_name, takes
from openbml_formats.operators.operations import checked_operations
from openbml_formats.operators.pictures import Loaded, PictureError, loaded, written
from openbml_formats.operators.pipelines import Work
from openbml_formats.records import Severity

if TYPE_CHECKING:
    from openbml_data.workspace import Workspace


class _Copy(NamedTuple):
    """A copy: its file where it is an image, or why there is none."""

    work: Work
    body: bytes | None = None
    fault: PictureError | None = None


class _Made(NamedTuple):
    copies: Sequence[_Copy]
    extension: str | None = None
    fault: PictureError | None = None


def run(order: DataJobOrder, workspace: "Workspace") -> DerivationResult:
    """Raises OperationError: the order holds what the catalogue does not."""
    ordered = AugmentationSettings.model_validate(order.settings)
    kind = order.dataset.kind
    operations = checked_operations(ordered.operations, kind=kind, use=OperatorUse.AUGMENTATION)
    settings = ordered.model_copy(update={"operations": operations})
    counts = DerivationCounts(operations)
    target = DerivedSamples(workspace, order.shards_prefix)
    workspace.progress.stage("augmenting")
    for sample, made in _made(workspace, settings, kind.content):
        counts.read += 1
        _take(sample, made, settings, counts, target)
        workspace.progress.done(counts.read, max(order.sample_count, counts.read))
    target.finish()
    return counts.result(shards=target.shards, samples=target.samples)


def _made(
    workspace: "Workspace", settings: AugmentationSettings, content: Content
) -> Iterator[tuple[ListedSample, _Made]]:
    """Yield samples with their copies, made on as many threads as there are cores."""
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores, thread_name_prefix="augment") as pool:
        work = in_order(
            pool, lambda pair: _copies(*pair, settings, content), _contents(workspace, settings, content),
            ahead=cores + 1,
        )  # fmt: skip
        yield from ((sample, made) for (sample, _data), made in work)


def _contents(
    workspace: "Workspace", settings: AugmentationSettings, content: Content
) -> Iterator[tuple[ListedSample, bytes | None]]:
    if content is not Content.IMAGE:
        yield from ((sample, None) for sample in workspace.samples())
        return
    for sample, read in workspace.with_content(workspace.samples()):
        yield sample, read() if takes(sample, settings) else None


def _copies(
    sample: ListedSample, data: bytes | None, settings: AugmentationSettings, content: Content
) -> _Made:
    if not takes(sample, settings):
        return _Made(())
    try:
        opened = loaded(data) if data is not None else None
    except PictureError as error:
        return _Made((), fault=error)
    copies = [_copy(sample, opened, settings, copy, content) for copy in range(settings.copies)]
    return _Made(copies, opened.extension if opened else None)


def _copy(
    sample: ListedSample, opened: Loaded | None, settings: AugmentationSettings, copy: int, content: Content
) -> _Copy:
    work = augmented(sample, opened, settings, copy=copy, content=content)
    if opened is None or work.image is None or not work.is_changed:
        return _Copy(work)
    try:
        fault = settings.limits.fault(work.image.size)
        if fault is not None:
            raise PictureError("image_sides", fault)
        body = written(
            work.image,
            opened.extension,
            most_bytes=settings.limits.most_bytes,
            icc_profile=opened.icc_profile,
        )
    except PictureError as error:
        return _Copy(work, fault=error)
    work.image = None  # what waits for its turn is the file only
    return _Copy(work, body)


def _take(
    sample: ListedSample,
    made: _Made,
    settings: AugmentationSettings,
    counts: DerivationCounts,
    target: DerivedSamples,
) -> None:
    if settings.keep_originals:
        counts.unchanged += 1
        target.keep(sample, sample.annotation)
    elif made.fault is None:
        counts.dropped += 1
    if made.fault is not None:
        counts.dropped += not settings.keep_originals
        counts.problem(sample, made.fault.reason, f"has no copies: it {made.fault}", Severity.SKIPPED)
    for number, copy in enumerate(made.copies):
        _take_copy(sample, number, copy, made.extension, counts, target)


def _take_copy(
    sample: ListedSample,
    number: int,
    copy: _Copy,
    extension: str | None,
    counts: DerivationCounts,
    target: DerivedSamples,
) -> None:
    work = copy.work
    if copy.fault is not None:
        counts.problem(sample, copy.fault.reason, f"lacks a copy: it {copy.fault}", Severity.SKIPPED)
        return
    if not work.is_changed:
        counts.problem(sample, "copy_unchanged", "lacks a copy: nothing could be changed", Severity.SKIPPED)
        return
    counts.copies += 1
    name = copy_name(sample.name, number, extension)
    if copy.body is not None and extension is not None:
        name = target.add_file(sample, name, copy.body, extension, work.annotation)
    else:
        name = target.add_texts(sample, name, work.texts, work.annotation)
    counts.changed_by(sample, work.done, name)
    counts.regions_lost(sample, work.dropped_regions)
