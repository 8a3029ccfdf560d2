"""What of the repository can be a service: by the version's framework, its image, and whether it stays."""

from typing import Any

import pytest

from openbml.models.sources import ModelSource
from openbml.models.versions import ModelVersion
from openbml.services.collaborators import VersionNotDeployableError, VersionNotReadyError
from openbml.services.neighbours import RepositoryVersions
from openbml_catalog.images import images
from tests.fakes.imports_desk import ImportDesk
from tests.fakes.model_file_samples import PICKLE, WRAPPER, onnx
from tests.fakes.services_samples import SCOPE


def servable(desk: ImportDesk, version: ModelVersion) -> Any:
    return RepositoryVersions(desk.models).get(SCOPE, version.model_id, version.version_number)


def test_an_imported_version_is_served_by_its_frameworks_image() -> None:
    desk = ImportDesk()
    files = {"model.pkl": PICKLE, "service.py": WRAPPER}
    version = desk.imported(desk.local_model("tabular_prediction"), files, framework="sklearn")

    found = servable(desk, version)

    assert (found.image, found.task_type, found.variants) == (
        "custom-sklearn",
        "tabular_prediction",
        ("fp32",),
    )
    assert found.image in images()
    assert not found.is_tuned


def test_a_run_is_served_by_its_tasks_image() -> None:
    desk = ImportDesk()
    version = desk.copy(desk.publish(desk.model().model_id))

    assert servable(desk, version).image == "serving"
    assert servable(desk, version).is_tuned


@pytest.mark.parametrize("source", [ModelSource.CUSTOM_JOB, ModelSource.NOTEBOOK])
def test_only_preset_tuning_makes_tuned_versions(source: ModelSource) -> None:
    desk = ImportDesk()
    desk.runs.source = source
    version = desk.copy(desk.publish(desk.model(source=source).model_id))

    assert not servable(desk, version).is_tuned
    assert not version.has_report


def test_a_version_for_the_edge_only_is_no_service() -> None:
    desk = ImportDesk()
    version = desk.imported(desk.local_model("image_classification"), {"net.onnx": onnx()}, framework="onnx")

    with pytest.raises(VersionNotDeployableError) as caught:
        servable(desk, version)
    assert caught.value.details["deployments"] == "edge"
    assert not version.can_validate


def test_a_version_on_its_way_out_is_no_service() -> None:
    desk = ImportDesk()
    version = desk.copy(desk.publish(desk.model().model_id))
    model = desk.models.get(SCOPE, version.model_id)
    desk.models.mark_deleting(model, deleting=True)
    with pytest.raises(VersionNotReadyError):
        servable(desk, version)

    desk.models.mark_deleting(model, deleting=False)
    desk.models.save_version(version.deleting())
    with pytest.raises(VersionNotReadyError):
        servable(desk, version)
