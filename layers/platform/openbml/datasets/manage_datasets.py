"""Creating datasets."""

from openbml.core.clock import Clock
from openbml.core.errors import InvalidRequestError
from openbml.core.ids import IdFactory
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetRepository,
    DatasetVersion,
    StorageType,
    UnsupportedDatasetTypeError,
    checked_name,
)
from openbml.datasets.storage_paths import checked_storage
from openbml_catalog.datasets import DatasetKind, Deduplication, dataset_kinds, find_kind
from openbml_formats.tag_schemes import TagScheme


def create_dataset(
    scope: ProjectScope,
    *,
    name: str,
    data_type: str,
    annotation_type: str,
    template: str,
    user_id: int,
    deduplicated: bool | None = None,
    tag_scheme: TagScheme | None = None,
    storage_type: StorageType = StorageType.PLATFORM,
    storage_path: str | None = None,
    datasets: DatasetRepository,
    new_id: IdFactory,
    now: Clock,
) -> tuple[Dataset, DatasetVersion]:
    """Make a dataset with its empty version V1 (spec 02 section 2).

    Args:
        deduplicated: a choice for texts, yes unless said; images and sounds always are, tables never.
        tag_scheme: of sequence labelling, and of nothing else.
        storage_path: where exports go when they go to the customer's storage.

    Raises:
        InvalidRequestError: the name, a choice that the kind does not leave, a scheme missing or in vain.
        UnsupportedDatasetTypeError: the type.
        DatasetNameTakenError: names are unique in a project.
    """
    kind = find_kind(data_type, annotation_type, template)
    if kind is None:
        raise UnsupportedDatasetTypeError(
            data_type=data_type,
            annotation_type=annotation_type,
            template=template,
            supported=[
                f"{kind.data_type}/{kind.annotation_type}/{kind.template}"
                for kind in dataset_kinds().values()
            ],
        )
    dataset = Dataset(
        scope=scope,
        dataset_id=new_id(),
        name=checked_name(name),
        data_type=data_type,
        annotation_type=annotation_type,
        template=template,
        created_by=user_id,
        created_at=now(),
        deduplicated=_deduplicated(kind, chosen=deduplicated),
        tag_scheme=_tag_scheme(kind, tag_scheme),
        storage_type=storage_type,
        storage_path=checked_storage(storage_type, storage_path),
    )
    version = DatasetVersion(
        scope=scope,
        dataset_id=dataset.dataset_id,
        version_number=1,
        version_id=new_id(),
        created_at=dataset.created_at,
    )
    datasets.add(dataset, version)
    return dataset, version


def _deduplicated(kind: DatasetKind, *, chosen: bool | None) -> bool:
    if kind.deduplication is Deduplication.CHOICE:
        return True if chosen is None else chosen
    fixed = kind.deduplication is Deduplication.ALWAYS
    if chosen is not None and chosen is not fixed:
        rule = "always" if fixed else "never"
        raise InvalidRequestError(
            field="deduplicated", reason=f"{kind.annotation_type} is {rule} de-duplicated; leave it out"
        )
    return fixed


def _tag_scheme(kind: DatasetKind, chosen: TagScheme | None) -> TagScheme | None:
    if kind.tag_schemes and chosen is None:
        schemes = ", ".join(kind.tag_schemes)
        raise InvalidRequestError(field="tag_scheme", reason=f"must be given: one of {schemes}")
    if chosen is not None and not kind.tag_schemes:
        raise InvalidRequestError(field="tag_scheme", reason="is for sequence labelling only")
    return chosen
