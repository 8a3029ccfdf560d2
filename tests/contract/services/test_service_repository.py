"""What repositories of services, rights, records and counters owe; the fakes pass the same suites."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from openbml.services.ab_tests import challenged, promoted
from openbml.services.call_rights_dynamodb import DynamoCallRights
from openbml.services.policies import Limits, Traffic, WhileAsleep
from openbml.services.repositories import (
    CallRight,
    CallRightRepository,
    ModelDeployedError,
    ServiceNameTakenError,
    ServiceRepository,
    SuffixTakenError,
)
from openbml.services.routes import Target
from openbml.services.services import ServiceConflictError, ServiceNotFoundError
from openbml.services.services_dynamodb import DynamoServiceRepository
from openbml.services.sleep_policies import Prewarm, SleepPolicy
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.services_memory import (
    InMemoryCallRights,
    InMemoryServiceRepository,
)
from tests.fakes.services_samples import SCOPE, configuration, report, service

pytestmark = pytest.mark.contract
MINUTE = timedelta(minutes=1)


class ServiceRepositoryContract:
    def test_a_service_comes_back_as_it_was_stored(self, services: ServiceRepository) -> None:
        running = service().observed(report("in_service", NOON + MINUTE, 1))
        services.add(service())
        services.save(running)

        assert services.get(SCOPE, 5) == running

    def test_another_project_does_not_see_it(self, services: ServiceRepository) -> None:
        services.add(service())

        with pytest.raises(ServiceNotFoundError):
            services.get(SCOPE.model_copy(update={"project_id": 43}), 5)

    def test_suffixes_are_unique_in_the_installation(self, services: ServiceRepository) -> None:
        services.add(service(5))
        elsewhere = SCOPE.model_copy(update={"account_id": 8, "project_id": 99})

        with pytest.raises(SuffixTakenError):
            services.add(service(6, suffix="digits-5", scope=elsewhere))

        with pytest.raises(ServiceNotFoundError):
            services.get(elsewhere, 6)

    def test_of_ten_deployments_to_one_suffix_one_wins(self, services: ServiceRepository) -> None:
        def attempt(number: int) -> bool:
            try:
                services.add(service(number, suffix="same"))
            except SuffixTakenError:
                return False
            return True

        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(attempt, range(10, 20))) == 1
        rows, _ = services.page(SCOPE, limit=50, position=None)
        assert len(rows) == 1

    def test_names_and_models_are_taken_once_in_a_project(self, services: ServiceRepository) -> None:
        services.add(service(5))

        with pytest.raises(ServiceNameTakenError):
            services.add(service(6, name="digits 5"))
        with pytest.raises(ModelDeployedError) as caught:
            services.add(service(6, model_id=105))

        assert caught.value.details["service_id"] == 5
        services.add(service(6))

    def test_the_slower_of_two_writers_is_refused(self, services: ServiceRepository) -> None:
        services.add(service())
        services.save(service().stopped_by_user(NOON))

        with pytest.raises(ServiceConflictError):
            services.save(service().observed(report("in_service", NOON + MINUTE, 1)))

    def test_the_address_follows_the_state_and_the_limits(self, services: ServiceRepository) -> None:
        services.add(service())
        first = services.route("digits-5")
        running = service().observed(report("in_service", NOON + MINUTE, 1))
        services.save(running)
        limited = running.model_copy(update={"limits": Limits(qps=3), "version": running.version + 1})
        services.save(limited)

        then = services.route("digits-5")

        assert first is not None
        assert then is not None
        assert (first.answers, then.answers, then.limits) == (False, True, Limits(qps=3))
        assert services.route("nobody") is None

    def test_changing_services_and_those_that_use_machines_are_listed(
        self, services: ServiceRepository
    ) -> None:
        services.add(service())
        assert list(services.changing()) == [(SCOPE, 5)]
        running = service().observed(report("in_service", NOON + MINUTE, 1))
        services.save(running)
        assert list(services.changing()) == []
        assert list(services.using_machines(7)) == [(SCOPE, 5)]
        stopping = running.stopped_by_user(NOON + MINUTE)
        services.save(stopping)
        services.save(stopping.removed(NOON + 2 * MINUTE))

        assert list(services.changing()) == []
        assert list(services.using_machines(7)) == []

    def test_a_service_with_two_versions_comes_back_as_it_was_stored(
        self, services: ServiceRepository
    ) -> None:
        running = service().observed(report("in_service", NOON + MINUTE, 1))
        tested = challenged(running, configuration(model_version=2), Traffic(challenger_share=20), NOON)
        both = tested.observed(report("in_service", NOON + 2 * MINUTE, 2, deployment_id="5b"))
        ended = promoted(both, NOON + 3 * MINUTE)
        services.add(service())
        for row in (running, tested, both):
            services.save(row)
        route = services.route("digits-5")
        services.save(ended)

        assert services.get(SCOPE, 5) == ended
        assert route is not None
        assert route.challenger == Target(deployment_id="5b", revision=2, model_version=2)
        assert list(services.changing()) == [(SCOPE, 5)]  # a hosting has to leave

    def test_services_with_a_sleep_policy_are_listed_while_they_run_or_sleep(
        self, services: ServiceRepository
    ) -> None:
        services.add(service())
        policy = SleepPolicy(
            idle_minutes=5,
            prewarm=(Prewarm(cron="0 8 * * *", time_zone="Asia/Shanghai"),),
            while_asleep=WhileAsleep.REFUSE,
            set_at=NOON,
        )
        configured = service().with_settings(sleep_policy=policy)
        services.save(configured)
        assert list(services.with_sleep_policy()) == []
        running = configured.observed(report("in_service", NOON + MINUTE, 1))
        services.save(running)
        assert list(services.with_sleep_policy()) == [(SCOPE, 5)]
        asleep = running.asleep(NOON + 9 * MINUTE)
        services.save(asleep)
        route = services.route("digits-5")
        assert list(services.with_sleep_policy()) == [(SCOPE, 5)]
        assert list(services.using_machines(7)) == []
        services.save(asleep.with_settings(sleep_policy=None))
        assert list(services.with_sleep_policy()) == []

        assert route is not None
        assert (route.sleeps, route.while_asleep, route.main) == (True, WhileAsleep.REFUSE, None)

    def test_versions_of_a_model_are_in_use_as_long_as_its_service_knows_them(
        self, services: ServiceRepository
    ) -> None:
        assert services.versions_in_use(SCOPE, 105) == set()
        services.add(service())
        running = service().observed(report("in_service", NOON + MINUTE, 1))
        services.save(running)
        updating = running.changed(configuration(model_version=3), NOON + 2 * MINUTE)
        services.save(updating)
        assert services.versions_in_use(SCOPE, 105) == {1, 3}
        assert services.service_of_model(SCOPE, 105) == 5
        stopping = updating.stopped_by_user(NOON + 3 * MINUTE)
        services.save(stopping)
        stopped = stopping.removed(NOON + 4 * MINUTE)
        services.save(stopped)
        assert services.versions_in_use(SCOPE, 105) == {3}
        services.remove(stopped)

        assert services.versions_in_use(SCOPE, 105) == set()
        assert services.service_of_model(SCOPE, 105) is None

    def test_what_is_removed_is_free_again(self, services: ServiceRepository) -> None:
        services.add(service())
        stopped = service().stopped_by_user(NOON)
        services.save(stopped)

        with pytest.raises(ServiceConflictError):
            services.remove(service())
        services.remove(stopped)

        assert services.route("digits-5") is None
        services.add(service(6, name="digits 5", suffix="digits-5", model_id=105))

    def test_services_are_paged_newest_first(self, services: ServiceRepository) -> None:
        for number in range(1, 6):
            services.add(service(number))
        rows, position = services.page(SCOPE, limit=3, position=None)
        rest, end = services.page(SCOPE, limit=3, position=position)

        assert [row.service_id for row in (*rows, *rest)] == [5, 4, 3, 2, 1]
        assert end is None


class CallRightsContract:
    def test_a_right_is_granted_and_revoked_and_both_may_be_repeated(
        self, rights: CallRightRepository
    ) -> None:
        right = CallRight(service_id=5, app_id=9, granted_at=NOON)
        rights.grant(right)
        rights.grant(right)
        assert rights.has(5, 9)
        assert list(rights.rights(5)) == [right]

        rights.revoke(5, 9)
        rights.revoke(5, 9)

        assert not rights.has(5, 9)


class TestInMemory(ServiceRepositoryContract, CallRightsContract):
    @pytest.fixture
    def services(self) -> InMemoryServiceRepository:
        return InMemoryServiceRepository()

    @pytest.fixture
    def rights(self) -> InMemoryCallRights:
        return InMemoryCallRights()


class TestDynamo(ServiceRepositoryContract, CallRightsContract):
    @pytest.fixture
    def services(self, emulator_url: str) -> DynamoServiceRepository:
        return DynamoServiceRepository(make_table(emulator_url, "services"))

    @pytest.fixture
    def rights(self, emulator_url: str) -> DynamoCallRights:
        return DynamoCallRights(make_table(emulator_url, "services"))

    def test_an_address_from_before_there_were_two_versions_still_answers(self, emulator_url: str) -> None:
        table = make_table(emulator_url, "older-services")
        services = DynamoServiceRepository(table)
        running = service().observed(report("in_service", NOON + MINUTE, 1))
        services.add(service())
        services.save(running)
        key = {"pk": f"suffix#{running.suffix}", "sk": "route"}
        item = table.get_item(Key=key)["Item"]
        older = {name: item[name] for name in ("pk", "sk", "suffix", "segment", "service_id", "scope")}
        table.put_item(Item={**older, "answers": True, "limits": {}})

        route = services.route(running.suffix)

        assert route is not None
        assert route.main is not None
        assert route.main.deployment_id == running.main.deployment_id
