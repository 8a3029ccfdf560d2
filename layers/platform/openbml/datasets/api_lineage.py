"""Route of `/v1/datasets`: the kinds of datasets there are, and what was trained on a version."""

from collections.abc import Sequence
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, ConfigDict

from openbml.core.pages import Page
from openbml.core.wiring import cursor_codec
from openbml.datasets.api_access import project_access
from openbml.datasets.datasets import VersionKey
from openbml.datasets.lineage import TrainedModel
from openbml.datasets.wiring import dataset_repository, lineage_repository
from openbml_catalog.datasets import DataFormat, DatasetKind, data_formats, dataset_kinds

router = Router()

Id = Annotated[int, Path(ge=1, lt=2**53)]
Number = Annotated[int, Path(ge=1, lt=1_000_000)]


class KindList(BaseModel):
    model_config = ConfigDict(frozen=True)

    items: Sequence[DatasetKind]
    formats: Sequence[DataFormat]
    next_cursor: Literal[None] = None


@router.get("/v1/datasets/kinds")
def list_kinds() -> KindList:
    """Return the kinds of datasets, and the formats they are imported from and exported to."""
    return KindList(items=list(dataset_kinds().values()), formats=list(data_formats().values()))


@router.get("/v1/datasets/projects/<project_id>/datasets/<dataset_id>/versions/<version_number>/models")
def list_trained_models(
    project_id: Id,
    dataset_id: Id,
    version_number: Number,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> Page[TrainedModel]:
    """Return the model versions that were trained on a dataset version, the newest model first."""
    access = project_access(router, project_id, "datasets.read")
    key = VersionKey(scope=access.scope, dataset_id=dataset_id, version_number=version_number)
    dataset_repository().version(key)
    purpose = f"trained-models/{key.scope.key}/{dataset_id}/{version_number}"
    position = cursor_codec().decode(cursor, purpose=purpose)
    found, following = lineage_repository().page(key, limit=limit, position=position)
    return Page(items=found, next_cursor=cursor_codec().encode(following, purpose=purpose))
