"""Versions and models go only while nobody uses them, with their files, however often it is interrupted."""

import pytest

from openbml.models.delete_models import DeletionOrder, carry_out_deletion, delete_model, delete_version
from openbml.models.manage_models import ModelChanges, VersionChanges, change_model, describe_version
from openbml.models.model_uses import ModelInUseError, VersionInUseError, VersionUse
from openbml.models.models import (
    Model,
    ModelDeletingError,
    ModelNameTakenError,
    ModelNotFoundError,
    ModelNotNewError,
    ModelSourceMixedError,
)
from openbml.models.sources import ModelSource
from openbml.models.versions import ModelVersion, VersionNotFoundError, VersionState
from tests.fakes.imports_memory import FakeModelUses
from tests.fakes.models_desk import Desk
from tests.fakes.services_memory import RecordedQueue
from tests.fakes.services_samples import SCOPE

SERVICE = VersionUse(version_number=1, by="service 5", service_id=5)


class DeletionDesk(Desk):
    def __init__(self) -> None:
        super().__init__()
        self.uses = FakeModelUses()
        self.deletions = RecordedQueue()
        self.has_time = True

    def published(self, run_id: int = 9) -> ModelVersion:  # type: ignore[override]  # without a wish
        model = self.models.named(SCOPE, "digits") or self.model()
        return self.copy(self.publish(model.model_id, run_id))

    def delete_version(self, version: ModelVersion) -> ModelVersion:
        return delete_version(
            SCOPE,
            version.model_id,
            version.version_number,
            models=self.models,
            uses=self.uses,
            deletions=self.deletions,
        )

    def delete_model(self, model_id: int) -> Model:
        return delete_model(SCOPE, model_id, models=self.models, uses=self.uses, deletions=self.deletions)

    def carry_out(self, model_id: int, version_number: int | None = None) -> bool:
        return carry_out_deletion(
            DeletionOrder(scope=SCOPE, model_id=model_id, version_number=version_number),
            models=self.models,
            files=self.files,
            uses=self.uses,
            deletions=self.deletions,
            has_time=lambda: self.has_time,
        )


def test_a_deleted_version_goes_with_its_files_and_its_run_can_be_published_again() -> None:
    desk = DeletionDesk()
    version = desk.published()

    marked = desk.delete_version(version)
    assert marked.state is VersionState.DELETING
    assert desk.carry_out(version.model_id, 1)

    assert version.model_uri not in desk.files.folders
    with pytest.raises(VersionNotFoundError):
        desk.models.version(SCOPE, version.model_id, 1)
    model = desk.models.get(SCOPE, version.model_id)
    assert (model.latest_version, model.version_count) == (1, 0)
    again = desk.publish(version.model_id)
    assert (again.version_number, again.state) == (2, VersionState.PUBLISHING)


def test_deleting_twice_and_orders_that_come_twice_are_fine() -> None:
    desk = DeletionDesk()
    version = desk.published()

    desk.delete_version(version)
    desk.delete_version(version)
    assert desk.carry_out(version.model_id, 1)
    assert desk.carry_out(version.model_id, 1)


def test_a_version_in_use_stays() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.uses.uses[version.model_id] = [SERVICE]

    with pytest.raises(VersionInUseError):
        desk.delete_version(version)

    assert desk.models.version(SCOPE, version.model_id, 1) == version


def test_who_deploys_while_it_is_marked_wins() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.uses.later = [SERVICE]

    with pytest.raises(VersionInUseError):
        desk.delete_version(version)

    assert desk.models.version(SCOPE, version.model_id, 1).state is VersionState.READY


def test_who_read_the_version_before_the_mark_wins_too() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.delete_version(version)
    desk.uses.uses[version.model_id] = [SERVICE]

    assert not desk.carry_out(version.model_id, 1)

    assert desk.models.version(SCOPE, version.model_id, 1).state is VersionState.READY
    assert desk.files.folders[version.model_uri]


def test_a_model_goes_whole_and_its_name_and_experiment_are_free() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.published(run_id=10)

    assert desk.delete_model(version.model_id).deleting
    assert desk.carry_out(version.model_id)

    with pytest.raises(ModelNotFoundError):
        desk.models.get(SCOPE, version.model_id)
    assert desk.models.model_of_experiment(SCOPE, 1) is None
    assert not [folder for folder in desk.files.folders if "/models/" in folder]
    assert desk.published().version_number == 1


def test_a_model_with_a_service_stays_even_while_that_is_stopped() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.uses.services[version.model_id] = 5

    with pytest.raises(ModelInUseError):
        desk.delete_model(version.model_id)
    assert not desk.models.get(SCOPE, version.model_id).deleting


def test_a_model_that_is_validated_stays() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.uses.uses[version.model_id] = [VersionUse(version_number=1, by="validation 3")]

    with pytest.raises(ModelInUseError):
        desk.delete_model(version.model_id)


def test_a_model_that_was_deployed_after_all_is_kept() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.delete_model(version.model_id)
    desk.uses.services[version.model_id] = 5

    assert not desk.carry_out(version.model_id)
    assert not desk.models.get(SCOPE, version.model_id).deleting


def test_a_deletion_without_time_asks_for_the_rest() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.delete_model(version.model_id)
    desk.deletions.messages.clear()
    desk.has_time = False

    assert not desk.carry_out(version.model_id)
    assert len(desk.deletions.messages) == 1
    desk.has_time = True
    assert desk.carry_out(version.model_id)


def test_nothing_is_published_to_a_model_on_its_way_out() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.delete_model(version.model_id)

    with pytest.raises(ModelDeletingError):
        desk.publish(version.model_id, 11)
    with pytest.raises(ModelDeletingError):
        change_model(ModelChanges(name="x"), scope=SCOPE, model_id=version.model_id, models=desk.models)


def test_files_that_are_copied_while_a_version_is_deleted_go_again() -> None:
    desk = DeletionDesk()
    version = desk.publish(desk.model().model_id)
    loaded = desk.models.version(SCOPE, version.model_id, 1)
    original = desk.files.copy

    def copy_while_deleted(source: str, target: str, file: object) -> None:
        original(source, target, file)  # type: ignore[arg-type]  # a stored file
        current = desk.models.version(SCOPE, version.model_id, 1)
        if current.state is not VersionState.DELETING:
            desk.models.save_version(current.deleting())

    desk.files.copy = copy_while_deleted  # type: ignore[method-assign]  # the deletion comes in between
    after = desk.copy(loaded)

    assert after.state is VersionState.DELETING
    assert version.model_uri not in desk.files.folders


def test_renaming_frees_the_name_and_takes_no_others() -> None:
    desk = DeletionDesk()
    first, second = desk.model("first"), desk.model("second")

    def rename(model: Model, name: str) -> Model:
        changes = ModelChanges(name=name)
        return change_model(changes, scope=SCOPE, model_id=model.model_id, models=desk.models)

    with pytest.raises(ModelNameTakenError):
        rename(second, "first")
    assert rename(first, "third").name == "third"
    assert rename(second, "first").name == "first"


def test_a_description_is_changed_alone() -> None:
    desk = DeletionDesk()
    version = desk.published()
    changes = ModelChanges(description="new")

    model = change_model(changes, scope=SCOPE, model_id=version.model_id, models=desk.models)
    after = describe_version(
        VersionChanges(description="good"),
        scope=SCOPE,
        model_id=version.model_id,
        version_number=1,
        models=desk.models,
    )

    assert (model.name, model.description) == ("digits", "new")
    assert (after.description, after.state) == ("good", VersionState.READY)


def test_a_custom_jobs_model_needs_a_new_model_and_sources_do_not_mix() -> None:
    desk = DeletionDesk()
    version = desk.published()
    desk.runs.source = ModelSource.CUSTOM_JOB
    with pytest.raises(ModelSourceMixedError):
        desk.publish(version.model_id, 12)

    jobs = desk.model("jobs", source=ModelSource.CUSTOM_JOB)
    desk.runs.experiments |= {12: 7, 13: 7}
    desk.publish(jobs.model_id, 12)
    with pytest.raises(ModelNotNewError):
        desk.publish(jobs.model_id, 13)
