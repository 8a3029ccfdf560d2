"""Runs that asked to be published when they were started."""

from concurrent.futures import ThreadPoolExecutor

from openbml.models.auto_publish import Wish
from openbml.models.versions import VersionState
from tests.fakes.models_desk import Desk
from tests.fakes.services_samples import SCOPE


def test_a_run_without_the_wish_is_left_alone() -> None:
    desk = Desk()

    assert desk.publish_finished(wish=None) is None
    assert desk.models.version_of_run(SCOPE, 9) is None


def test_a_run_becomes_a_version_of_a_new_model_of_the_wished_name() -> None:
    desk = Desk()

    version = desk.published(wish=Wish(model_name="客户流失"))

    assert (version.version_number, version.state) == (1, VersionState.PUBLISHING)
    assert desk.models.get(SCOPE, version.model_id).name == "客户流失"
    assert len(desk.copies.messages) == 1


def test_the_same_event_ten_times_at_once_is_one_version() -> None:
    desk = Desk()

    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: desk.published(wish=Wish(model_name="churn")), range(10)))

    assert {(row.model_id, row.version_number) for row in made} == {(made[0].model_id, 1)}


def test_a_second_run_of_the_experiment_goes_to_the_same_model() -> None:
    desk = Desk()
    first = desk.published(9, wish=Wish(model_name="churn"))

    second = desk.published(10, wish=Wish(model_name="another name"))

    assert (second.model_id, second.version_number) == (first.model_id, 2)


def test_a_name_that_another_experiments_model_has_gets_a_number() -> None:
    desk = Desk()
    desk.published(9, wish=Wish(model_name="churn"))
    desk.runs.experiments[10] = 2

    version = desk.published(10, wish=Wish(model_name="churn"))

    assert desk.models.get(SCOPE, version.model_id).name == "churn 2"


def test_an_empty_model_of_the_name_is_used() -> None:
    desk = Desk()
    model = desk.model("churn")

    version = desk.published(wish=Wish(model_name="churn"))

    assert version.model_id == model.model_id


def test_a_chosen_model_takes_the_run() -> None:
    desk = Desk()
    model = desk.model("churn")

    version = desk.published(wish=Wish(model_id=model.model_id))

    assert (version.model_id, version.description) == (model.model_id, "")


def test_a_chosen_model_that_cannot_take_the_run_is_told_in_the_version() -> None:
    desk = Desk()
    other = desk.model("cells", task_type="object_detection")

    version = desk.published(wish=Wish(model_id=other.model_id))

    assert str(other.model_id) in version.description
    assert desk.models.get(SCOPE, version.model_id).name == "churn V1"


def test_a_chosen_model_that_is_gone_is_replaced_by_a_new_one() -> None:
    desk = Desk()

    version = desk.published(wish=Wish(model_id=4711))

    assert "4711" in version.description


def test_a_long_name_is_cut_to_what_models_take() -> None:
    desk = Desk()
    desk.published(9, wish=Wish(model_name="x" * 80))
    desk.runs.experiments[10] = 2

    version = desk.published(10, wish=Wish(model_name="x" * 80))

    assert desk.models.get(SCOPE, version.model_id).name == "x" * 48 + " 2"
