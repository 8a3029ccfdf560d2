"""Use case: where a version came from, and what answers with it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict

from openbml.core.scope import ProjectScope
from openbml.models.model_uses import ModelUses
from openbml.models.models import ModelRepository
from openbml.models.read_models import ModelVersionView
from openbml.models.versions import DatasetVersion


class RunFacts(BaseModel):
    """What is told of the run that a version came from.

    Attributes:
        figures, intervals: of its evaluation, by name; intervals (95 %) only where the report has them.
        basis: what it was evaluated on: `holdout` or `eval`, and how many samples.
        weights: tag of the weights it started from, `base:<run>` or `scratch`; None where the report does not
            tell.
    """

    model_config = ConfigDict(frozen=True)

    run_id: int
    name: str
    experiment_id: int
    network: str
    machine_type: str
    finished_at: AwareDatetime | None = None
    figures: Mapping[str, float] = {}
    intervals: Mapping[str, tuple[float, float]] = {}
    basis: str | None = None
    evaluated_count: int | None = None
    weights: str | None = None


class RunRecords(Protocol):
    """Port to the runs of training and their reports."""

    def facts(self, scope: ProjectScope, run_id: int) -> RunFacts | None:
        """Return None where the run is gone."""


class VersionRunView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    run_id: int
    name: str
    experiment_id: int
    network: str
    machine_type: str
    finished_at: AwareDatetime | None


class VersionUseView(BaseModel):
    """`service_id` is null of validations and batch predictions."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    by: str
    service_id: int | None


class VersionLineage(BaseModel):
    """Attributes:
    run: null of imported versions, and where it is gone.
    snapshot: id of the frozen data; datasets: what it was made of.
    services: what uses the version now.
    """

    model_config = ConfigDict(frozen=True)

    version: ModelVersionView
    run: VersionRunView | None
    import_id: int | None
    snapshot: str | None
    datasets: Sequence[DatasetVersion]
    hyper_parameters: Mapping[str, str]
    code_digest: str | None
    image_digest: str | None
    content_digest: str | None
    services: Sequence[VersionUseView]


def version_lineage(
    scope: ProjectScope,
    model_id: int,
    version_number: int,
    *,
    models: ModelRepository,
    runs: RunRecords,
    uses: ModelUses,
) -> VersionLineage:
    """Raises ModelNotFoundError, VersionNotFoundError."""
    version = models.version(scope, model_id, version_number)
    facts = None if version.run_id is None else runs.facts(scope, version.run_id)
    used = [row for row in uses.of_versions(scope, model_id) if row.version_number == version_number]
    return VersionLineage(
        version=ModelVersionView.of(version, deployed=any(row.service_id for row in used)),
        run=VersionRunView.model_validate(facts) if facts else None,
        import_id=version.import_id,
        snapshot=version.lineage.snapshot_id,
        datasets=version.lineage.dataset_versions,
        hyper_parameters=version.lineage.hyper_parameters,
        code_digest=version.lineage.code_digest,
        image_digest=version.lineage.image_digest,
        content_digest=version.content_digest,
        services=[VersionUseView.model_validate(row) for row in used],
    )
