"""Creating datasets."""

from openbml.core.clock import Clock
from openbml.core.ids import IdFactory
from openbml.core.scope import ProjectScope
from openbml.datasets.datasets import (
    Dataset,
    DatasetRepository,
    DatasetVersion,
    UnsupportedDatasetTypeError,
    checked_name,
)

# (data type, annotation type, template) whose imports exist; the catalogue names the types to come.
SUPPORTED = frozenset({("image", "image_classification", "single_label")})


def create_dataset(
    scope: ProjectScope,
    *,
    name: str,
    data_type: str,
    annotation_type: str,
    template: str,
    user_id: int,
    datasets: DatasetRepository,
    new_id: IdFactory,
    now: Clock,
) -> tuple[Dataset, DatasetVersion]:
    """Make a dataset with its empty version V1 (spec 02 section 2).

    Raises:
        InvalidRequestError: the name.
        UnsupportedDatasetTypeError: the type.
        DatasetNameTakenError: names are unique in a project.
    """
    if (data_type, annotation_type, template) not in SUPPORTED:
        raise UnsupportedDatasetTypeError(
            data_type=data_type,
            annotation_type=annotation_type,
            template=template,
            supported=["/".join(kind) for kind in sorted(SUPPORTED)],
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
    )
    version = DatasetVersion(
        scope=scope, dataset_id=dataset.dataset_id, version_number=1, created_at=dataset.created_at
    )
    datasets.add(dataset, version)
    return dataset, version
