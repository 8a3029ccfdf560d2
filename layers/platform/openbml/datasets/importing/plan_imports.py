"""Planning: the archive's directory is read, judged as a whole, and cut into shards."""

from collections.abc import Sequence
from typing import IO, cast

from openbml.core.clock import Clock
from openbml.core.errors import OpenBMLError
from openbml.core.events import EventPublisher
from openbml.core.queues import MessageQueue
from openbml.datasets.events import ImportStateChanged
from openbml.datasets.importing.archives import ArchiveFormatError, Directory, read_directory
from openbml.datasets.importing.data_imports import (
    DataImport,
    FailureReason,
    ImportChangedError,
    ImportPlan,
    ImportRepository,
    ImportState,
    Problem,
)
from openbml.datasets.importing.end_imports import fail_import
from openbml.datasets.importing.pairing import Pair, paired
from openbml.datasets.importing.range_reader import RangeReader
from openbml.datasets.importing.shards import cut, packed, shard_key, shard_messages
from openbml.datasets.limits import LISTED_MISMATCHES
from openbml.datasets.stored_objects import ObjectMissingError, ObjectStore

_PLAN = -1  # the plan's own place among the shards' problems
_NAMED = 3


class NotStartedError(OpenBMLError):
    """The archive is there before its import says so; the message comes again. Details: import_id."""


class PlanRefusedError(OpenBMLError):
    """The archive as a whole is not imported; details: reason (FailureReason), message."""


def plan_import(
    project_id: int,
    import_id: int,
    *,
    imports: ImportRepository,
    archives: ObjectStore,
    shards: MessageQueue,
    events: EventPublisher,
    now: Clock,
) -> DataImport | None:
    """Plan an import whose archive has arrived; a repeat sends the shards' messages again.

    Returns:
        The import, or None when the dataset is gone already.

    Raises:
        NotStartedError: try again.
    """
    data_import = imports.find(project_id, import_id)
    if data_import is None or data_import.state.is_final:
        return data_import
    if data_import.state is ImportState.UPLOADING:
        raise NotStartedError(import_id=import_id)
    if data_import.state is ImportState.PLANNING:
        try:
            data_import = _planned(data_import, imports, archives)
        except PlanRefusedError as error:
            reason = FailureReason(error.details["reason"])
            message = str(error.details["message"])
            return fail_import(data_import, reason, message, imports=imports, events=events, now=now)
        except ImportChangedError:
            return imports.find(project_id, import_id)  # cancelled or deleted meanwhile
    events.publish([ImportStateChanged.of(data_import)])
    shards.send(shard_messages(data_import))
    return data_import


def _planned(data_import: DataImport, imports: ImportRepository, archives: ObjectStore) -> DataImport:
    directory = _directory(data_import, archives)
    pairing = paired(directory.entries, data_import.annotation_format)
    ignored = [*map(_junk, directory.ignored), *map(_foreign, pairing.ignored)]
    if pairing.mismatches:
        imports.add_problems(data_import, _PLAN, pairing.mismatches[:LISTED_MISMATCHES])
        raise PlanRefusedError(reason=FailureReason.NAME_MISMATCH, message=_mismatch_text(pairing.mismatches))
    if not pairing.pairs:
        raise PlanRefusedError(reason=FailureReason.ARCHIVE_FORMAT, message="The archive holds no images.")
    taken, excess = _within_limits(data_import, pairing.pairs, imports)
    imports.add_problems(data_import, _PLAN, [*ignored, *map(_excess, excess)][:LISTED_MISMATCHES])
    groups = list(cut(taken))
    for index, group in enumerate(groups):
        archives.put(shard_key(data_import, index), packed(group), content_type="application/octet-stream")
    plan = ImportPlan(
        first_chunk=imports.reserve_chunks(data_import.scope, len(groups)),
        shard_count=len(groups),
        entries_total=len(taken),
        ignored=len(ignored) + len(excess),
    )
    return imports.plan(data_import, plan)


def _directory(data_import: DataImport, archives: ObjectStore) -> Directory:
    try:
        size = archives.size(data_import.archive_key)
    except ObjectMissingError as error:
        raise PlanRefusedError(
            reason=FailureReason.INTERNAL, message="The uploaded archive has expired; upload it again."
        ) from error
    reader = RangeReader(archives, data_import.archive_key, size)
    try:
        return read_directory(cast(IO[bytes], reader), size)
    except ArchiveFormatError as error:
        message = f"Archive format wrong: {error.details['reason']}."
        raise PlanRefusedError(reason=FailureReason.ARCHIVE_FORMAT, message=message) from error


def _within_limits(
    data_import: DataImport, pairs: Sequence[Pair], imports: ImportRepository
) -> tuple[Sequence[Pair], Sequence[Pair]]:
    """Return what fits and what does not.

    The manual has excess images ignored (spec 02 section 1.4) and an import fail for volume (section 1.3): it
    fails when nothing fits.
    """
    room = imports.room(data_import)
    if room <= 0:
        message = (
            "Data volume over the limit: 100,000 images per dataset and user, 200,000 per account. "
            "Delete data you no longer need, or ask for expansion."
        )
        raise PlanRefusedError(reason=FailureReason.VOLUME_LIMIT, message=message)
    return pairs[:room], pairs[room:]


def _mismatch_text(mismatches: Sequence[Problem]) -> str:
    named = ", ".join(problem.file for problem in mismatches[:_NAMED])
    more = f" and {len(mismatches) - _NAMED} more" if len(mismatches) > _NAMED else ""
    return (
        "Image name and annotation json name do not match: every image needs a json file of the same "
        f"name in the same folder, and every json file an image. See {named}{more}."
    )


def _junk(name: str) -> Problem:
    return Problem(file=name, reason="ignored_system_file", message="was left by an operating system")


def _foreign(name: str) -> Problem:
    return Problem(file=name, reason="ignored_file", message="is neither an image nor its annotation")


def _excess(pair: Pair) -> Problem:
    return Problem(file=pair.image.name, reason="ignored_volume", message="is over the limit of data volume")
