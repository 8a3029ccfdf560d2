"""Importing one shard: read, check, de-duplicate, store, count; killed anywhere, a repeat ends the same."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from openbml.datasets.annotating.edits import Author, Edit, EditStatus
from openbml.datasets.datasets import Dataset, DatasetNotFoundError
from openbml.datasets.importing.archive_blocks import BlockReader
from openbml.datasets.importing.data_imports import (
    DataImport,
    ImportChangedError,
    ImportCounts,
    ImportNotFoundError,
    ImportState,
    LabelDelta,
    ShardDone,
)
from openbml.datasets.importing.end_imports import finish_when_done
from openbml.datasets.importing.reports import ProblemLog
from openbml.datasets.importing.shard_samples import (
    Candidate,
    SampleJudge,
    readable_files,
    told,
)
from openbml.datasets.importing.shard_workers import ShardWorker
from openbml.datasets.importing.shards import ShardMessage, shard_key, shared_key
from openbml.datasets.rejections import rejection
from openbml.datasets.samples import AnnotationSource, Claim, Sample
from openbml.datasets.stored_objects import ObjectMissingError, blob_key, thumbnail_key
from openbml_formats.planned import KnownContent, PlannedSample, unpacked_plan
from openbml_formats.protocols import Shared
from openbml_formats.records import Problem, Severity

_GROUP = 100  # samples claimed at a time
_JUDGED = 10  # samples judged at a time
_AHEAD = 4  # times that many are judged while others are stored
_LOOK = timedelta(seconds=1)  # how often is looked whether the import still runs


class Outcome(NamedTuple):
    """Samples of a group that hold their content; `stored` are their objects on the way.

    `gone` are copies whose original was deleted meanwhile; `replaced` are samples whose text was there: that
    one has their annotation now.
    """

    accepted: Sequence[Candidate]
    gone: Sequence[Candidate] = ()
    duplicates: Sequence[Candidate] = ()
    replaced: Sequence[Candidate] = ()
    stored: Sequence[Future[None]] = ()


def import_shard(message: ShardMessage, worker: ShardWorker) -> DataImport | None:
    """Import one shard and, when it was the last, close the import.

    Returns:
        The import afterwards, or None when its dataset is gone.
    """
    try:
        data_import = worker.imports.get(message.version_key, message.import_id)
        dataset = worker.datasets.get(message.scope, message.dataset_id)
    except (ImportNotFoundError, DatasetNotFoundError):
        return None
    if data_import.state is not ImportState.IMPORTING:
        return data_import
    if not worker.imports.shard_is_done(data_import, message.index):
        try:
            _ShardRun(data_import, dataset, message.index, worker).run()
        except ImportChangedError:
            return worker.imports.get(message.version_key, message.import_id)  # ended meanwhile
    return finish_when_done(
        data_import,
        imports=worker.imports,
        reports=worker.reports,
        data=worker.data,
        events=worker.events,
        now=worker.now,
    )


class _ShardRun:
    def __init__(self, data_import: DataImport, dataset: Dataset, index: int, worker: ShardWorker) -> None:
        self._import = data_import
        self._dataset = dataset
        self._key = data_import.version_key
        self._index = index
        self._chunk = (data_import.first_chunk or 0) + index
        self._worker = worker
        self._log = ProblemLog(data_import, index, worker.reports)
        self._seen: set[str] = set()
        self._looked_at = worker.now()

    def run(self) -> None:
        worker = self._worker
        planned = unpacked_plan(worker.archives.read(shard_key(self._import, self._index)))
        outcomes = [worker.executor.submit(self._kept, group) for group in self._groups(planned)]
        accepted, replaced = list[Sample](), 0
        for future in outcomes:
            outcome = future.result()
            for candidate in outcome.accepted:
                accepted.append(candidate.sample)
                self._tell(candidate.problems)
            for candidate in outcome.gone:
                self._log.add(told(candidate.planned, rejection("content_gone", "was deleted meanwhile")))
            for candidate in outcome.duplicates:
                self._log.add(_duplicate(candidate.planned))
            for candidate in outcome.replaced:
                self._log.add(_duplicate(candidate.planned, replacing=True))
                self._tell(candidate.problems)
            replaced += len(outcome.replaced)
            for stored in outcome.stored:
                stored.result()
        worker.samples.add_index(self._key, self._chunk, accepted)
        self._log.close()
        worker.imports.finish_shard(self._import, self._done(len(planned), accepted, replaced))

    def _groups(self, planned: Sequence[PlannedSample]) -> Iterator[Sequence[Candidate]]:
        """Yield sound samples in groups, each ready to be stored while the next is being decoded."""
        candidates = self._candidates(planned)
        while group := list(islice(candidates, _GROUP)):
            self._check_running()
            yield group

    def _candidates(self, planned: Sequence[PlannedSample]) -> Iterator[Candidate]:
        for sample, judged in self._judged(planned):
            if isinstance(judged, Problem):
                self._log.add(judged)
                continue
            if self._dataset.deduplicated and judged.sample.sha256 in self._seen:
                self._log.add(_duplicate(sample))
                continue
            self._seen.add(judged.sample.sha256)
            yield judged

    def _judged(
        self, planned: Sequence[PlannedSample]
    ) -> Iterator[tuple[PlannedSample, Candidate | Problem]]:
        """Yield samples in their order with what became of them; the next are being judged meanwhile."""
        worker = self._worker
        blocks = BlockReader(worker.archives, self._import.file_key, readable_files(planned), worker.executor)
        judge = SampleJudge(self._import, self._dataset, self._shared(), blocks)
        under_way: deque[tuple[Sequence[PlannedSample], Future[Sequence[Candidate | Problem]]]] = deque()
        for first in range(0, len(planned), _JUDGED):
            samples = planned[first : first + _JUDGED]
            judging = worker.judges.submit(judge.judged, samples, self._chunk, first, worker.now())
            under_way.append((samples, judging))
            if len(under_way) > _AHEAD:
                done, result = under_way.popleft()
                yield from zip(done, result.result(), strict=True)
        for done, result in under_way:
            yield from zip(done, result.result(), strict=True)

    def _shared(self) -> Shared:
        try:
            return Shared.model_validate_json(self._worker.archives.read(shared_key(self._import)))
        except ObjectMissingError:
            return Shared()  # the format has no annotation files

    def _check_running(self) -> None:
        at = self._worker.now()
        if at - self._looked_at < _LOOK:
            return
        self._looked_at = at
        current = self._worker.imports.get(self._key, self._import.import_id)
        if current.state is not ImportState.IMPORTING:
            raise ImportChangedError(import_id=self._import.import_id)

    def _kept(self, group: Sequence[Candidate]) -> Outcome:
        if not self._dataset.deduplicated:
            return self._written(Outcome(group))
        claims = [
            Claim(
                sha256=candidate.sample.sha256,
                sample_id=candidate.sample.sample_id,
                import_id=self._import.import_id,
                stored=not candidate.sample.texts,
            )
            for candidate in group
        ]
        held = self._worker.samples.claim(self._key, claims)
        kept = [candidate for candidate in group if candidate.sample.sample_id in held]
        stored = [self._worker.executor.submit(self._store, candidate) for candidate in kept]
        duplicates = [candidate for candidate in group if candidate.sample.sample_id not in held]
        if not any(candidate.sample.texts for candidate in duplicates):
            gone = self._gone(kept)
            there = [candidate for candidate in kept if candidate not in gone] if gone else kept
            return self._written(Outcome(there, gone, duplicates, (), stored))
        replaced = self._replaced(duplicates)
        left = [candidate for candidate in duplicates if candidate.sample.sample_id not in replaced]
        new = [candidate for candidate in duplicates if candidate.sample.sample_id in replaced]
        return self._written(Outcome(kept, (), left, new, stored))

    def _written(self, outcome: Outcome) -> Outcome:
        self._worker.samples.add_samples(self._key, [candidate.sample for candidate in outcome.accepted])
        return outcome

    def _gone(self, kept: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return copies whose content is not there any more; from the claim on, the sweep spares it."""
        known = [row for row in kept if isinstance(row.planned.content, KnownContent)]
        gone = [row for row in known if not self._is_stored(row.sample.sha256)]
        self._worker.samples.release(self._key, [row.sample for row in gone])
        return gone

    def _is_stored(self, sha256: str) -> bool:
        try:
            self._worker.data.size(blob_key(self._import.scope, sha256))
        except ObjectMissingError:
            return False
        return True

    def _replaced(self, duplicates: Sequence[Candidate]) -> frozenset[int]:
        """Give texts that are there already their new annotations (spec 02 section 4.6: the new one wins).

        Returns:
            The ids of those duplicates whose annotation is another than the one that was there.
        """
        holders = self._worker.samples.holders(self._key, [row.sample.sha256 for row in duplicates])
        replaced: set[int] = set()
        for source in AnnotationSource:
            edits = {
                holders[row.sample.sha256]: row.sample
                for row in duplicates
                if row.sample.annotation_source is source and row.sample.sha256 in holders
            }
            outcomes = self._worker.annotations.apply_edits(
                self._key,
                [
                    Edit(
                        sample_id=sample_id,
                        annotation=sample.annotation,
                        edit_id=f"import-{self._import.import_id}",
                    )
                    for sample_id, sample in edits.items()
                ],
                author=Author.importing(source),
                during_import=self._import.import_id,
            )
            done = (EditStatus.APPLIED, EditStatus.REPEATED)
            replaced |= {
                edits[outcome.edit.sample_id].sample_id for outcome in outcomes if outcome.status in done
            }
        return frozenset(replaced)

    def _store(self, candidate: Candidate) -> None:
        scope, medium = self._import.scope, candidate.medium
        if medium.data is None:
            return
        self._worker.data.put(
            blob_key(scope, medium.sha256),
            medium.data,
            content_type=medium.content_type,
            sha256=bytes.fromhex(medium.sha256),
        )
        if medium.thumbnail is not None:
            self._worker.data.put(
                thumbnail_key(scope, medium.sha256), medium.thumbnail, content_type="image/jpeg"
            )

    def _tell(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            self._log.add(problem)

    def _done(self, entries: int, accepted: Sequence[Sample], replaced: int) -> ShardDone:
        labels: dict[str, LabelDelta] = {}
        for sample in accepted:
            for name, objects in sample.label_counts.items():
                before = labels.get(name, LabelDelta())
                labels[name] = LabelDelta(samples=before.samples + 1, objects=before.objects + objects)
        counts = self._log.counts.plus(
            ImportCounts(
                accepted=len(accepted),
                replaced=replaced,
                unlabelled=sum(1 for sample in accepted if not sample.labelled),
            )
        )
        return ShardDone(
            index=self._index,
            chunk=self._chunk,
            entries=entries,
            counts=counts,
            labels=labels,
            size_bytes=sum(sample.size_bytes for sample in accepted),
        )


def _duplicate(planned: PlannedSample, *, replacing: bool = False) -> Problem:
    return Problem(
        file=planned.name if planned.line is None else planned.file,
        line=planned.line,
        reason="replaced" if replacing else "duplicate",
        message=(
            "has the same text as a sample of the dataset, whose annotation it replaced"
            if replacing
            else "has the same content as another sample of the dataset"
        ),
        severity=Severity.DUPLICATE,
    )
