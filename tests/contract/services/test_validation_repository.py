"""What repositories of validations owe; the fake passes the same suite."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from openbml.services.validation.validations import (
    LIFETIME,
    Validation,
    ValidationNotFoundError,
    ValidationRepository,
    ValidationTakenError,
)
from openbml.services.validation.validations_dynamodb import DynamoValidations
from tests.contract.emulator import make_table
from tests.fakes.compute_memory import NOON
from tests.fakes.services_samples import SCOPE
from tests.fakes.validations_memory import InMemoryValidations

pytestmark = pytest.mark.contract
ELSEWHERE = SCOPE.model_copy(update={"project_id": 43})


def validation(validation_id: int = 5, **changes: Any) -> Validation:
    fields: dict[str, Any] = {
        "scope": SCOPE,
        "validation_id": validation_id,
        "model_id": 3,
        "model_version": 1,
        "task_type": "tabular_prediction",
        "image": "serving",
        "model_uri": "s3://data/models/3/1/",
        "started_at": NOON,
        "ends_at": NOON + LIFETIME,
    }
    return Validation.model_validate({**fields, **changes})


class ValidationRepositoryContract:
    def test_a_validation_comes_back_as_it_was_stored(self, validations: ValidationRepository) -> None:
        validations.add(validation())

        assert validations.get(SCOPE, 5) == validation()
        assert validations.open_in(SCOPE) == [validation()]
        assert validations.open_everywhere() == [(SCOPE, 5)]
        with pytest.raises(ValidationNotFoundError):
            validations.get(ELSEWHERE, 5)

    def test_a_version_has_one_at_a_time(self, validations: ValidationRepository) -> None:
        validations.add(validation())

        with pytest.raises(ValidationTakenError) as taken:
            validations.add(validation(6))
        assert taken.value.details["validation_id"] == 5
        with pytest.raises(ValidationNotFoundError):
            validations.get(SCOPE, 6)
        validations.add(validation(7, model_version=2))
        validations.add(validation(8, scope=ELSEWHERE))

    def test_of_ten_at_once_one_wins(self, validations: ValidationRepository) -> None:
        def adds(number: int) -> bool:
            try:
                validations.add(validation(number))
            except ValidationTakenError:
                return False
            return True

        with ThreadPoolExecutor(10) as pool:
            assert sum(pool.map(adds, range(1, 11))) == 1

    def test_an_ended_one_makes_room(self, validations: ValidationRepository) -> None:
        validations.add(validation())
        ended = validation().ended(NOON + timedelta(minutes=1))
        validations.end(ended)
        validations.end(ended)

        assert validations.get(SCOPE, 5) == ended
        assert validations.open_in(SCOPE) == []
        assert validations.open_everywhere() == []
        validations.add(validation(6))
        validations.end(ended)
        assert validations.open_everywhere() == [(SCOPE, 6)]
        with pytest.raises(ValidationTakenError):
            validations.add(validation(7))


class TestInMemoryValidations(ValidationRepositoryContract):
    @pytest.fixture
    def validations(self) -> ValidationRepository:
        return InMemoryValidations()


class TestDynamoValidations(ValidationRepositoryContract):
    @pytest.fixture
    def validations(self, emulator_url: str) -> ValidationRepository:
        return DynamoValidations(make_table(emulator_url, "services"))
