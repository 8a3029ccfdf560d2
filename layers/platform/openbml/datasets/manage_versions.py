"""Adding, describing and deleting versions of a dataset."""

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.ids import IdFactory
from openbml.core.queues import MessageQueue
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetContendedError,
    DatasetDeletingError,
    DatasetQuotaError,
    DatasetRepository,
    DatasetVersion,
    LastVersionError,
    VersionKey,
    VersionState,
    checked_name,
)
from openbml.datasets.delete_datasets import DeletionMessage
from openbml.datasets.limits import DESCRIPTION_CHARACTERS, VERSIONS_PER_DATASET
from openbml.datasets.version_states import check_changeable

_ATTEMPTS = 20


def rename_dataset(
    scope: ProjectScope, dataset_id: int, *, name: str, datasets: DatasetRepository
) -> Dataset:
    """Give the dataset another name.

    Raises:
        InvalidRequestError, DatasetNotFoundError, DatasetNameTakenError, DatasetDeletingError
    """
    wanted = checked_name(name)
    for _ in range(_ATTEMPTS):
        try:
            return datasets.rename(datasets.get(scope, dataset_id), wanted)
        except DatasetContendedError:
            continue
    raise DatasetContendedError(dataset_id=dataset_id)


def create_version(
    scope: ProjectScope,
    dataset_id: int,
    *,
    description: str = "",
    datasets: DatasetRepository,
    new_id: IdFactory,
    now: Clock,
) -> DatasetVersion:
    """Add an empty version; several at once get ordinals of their own (spec 02 section 1.1).

    Raises:
        InvalidRequestError: the description.
        DatasetNotFoundError, DatasetDeletingError, DatasetQuotaError, DatasetContendedError
    """
    text = checked_description(description)
    for _ in range(_ATTEMPTS):
        dataset = datasets.get(scope, dataset_id)
        if dataset.deleting:
            raise DatasetDeletingError(dataset_id=dataset_id)
        ordinal = max(dataset.latest_version, dataset.last_ordinal) + 1
        if ordinal > VERSIONS_PER_DATASET:
            raise DatasetQuotaError(quota="versions of a dataset", limit=VERSIONS_PER_DATASET)
        version = DatasetVersion(
            scope=scope,
            dataset_id=dataset_id,
            version_number=ordinal,
            version_id=new_id(),
            description=text,
            created_at=now(),
        )
        try:
            datasets.add_version(dataset, version)
        except DatasetContendedError:
            continue
        return version
    raise DatasetContendedError(dataset_id=dataset_id)


def describe_version(key: VersionKey, description: str, *, datasets: DatasetRepository) -> DatasetVersion:
    """Change what is said about a version. Raises InvalidRequestError, DatasetVersionNotFoundError."""
    datasets.describe_version(key, checked_description(description))
    return datasets.version(key)


def delete_version(
    key: VersionKey, *, datasets: DatasetRepository, deletions: MessageQueue
) -> DatasetVersion:
    """Mark a version and ask for its deletion; a repeat asks again.

    Raises:
        LastVersionError: a dataset keeps at least one version; delete the dataset instead.
        VersionBusyError, SmartLabellingRunningError: it is being worked on.
        DatasetNotFoundError, DatasetVersionNotFoundError, DatasetDeletingError, DatasetContendedError
    """
    for _ in range(_ATTEMPTS):
        dataset = datasets.get(key.scope, key.dataset_id)
        version = datasets.version(key)
        if version.state is not VersionState.DELETING:
            check_changeable(version)
            try:
                datasets.mark_version_deleting(dataset, version, _survivor(version, datasets))
            except DatasetContendedError:
                continue
        deletions.send(
            [DeletionMessage(scope=key.scope, dataset_id=key.dataset_id, version_number=key.version_number)]
        )
        return version.model_copy(update={"state": VersionState.DELETING})
    raise DatasetContendedError(dataset_id=key.dataset_id)


def _survivor(version: DatasetVersion, datasets: DatasetRepository) -> int:
    """Return the highest other version that stays."""
    others = [
        other.version_number
        for other in datasets.versions(version.scope, version.dataset_id)
        if other.version_number != version.version_number and other.state is not VersionState.DELETING
    ]
    if not others:
        raise LastVersionError(dataset_id=version.dataset_id, version_number=version.version_number)
    return max(others)


def checked_description(description: str) -> str:
    text = description.strip()
    if len(text) > DESCRIPTION_CHARACTERS:
        raise InvalidRequestError(
            field="description", reason=f"must have at most {DESCRIPTION_CHARACTERS} characters"
        )
    if not text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        raise InvalidRequestError(field="description", reason="must not contain control characters")
    return text
