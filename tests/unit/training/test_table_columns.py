"""The columns of a table as the form of a run shows them."""

import time

import pytest

from openbml.core.errors import InvalidRequestError
from openbml.training.table_columns import TableColumns, table_columns
from openbml.training.training_data import DataNotSelectableError, Selection
from openbml_catalog.tabular.settings import AlgorithmType
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_memory import FakeTrainingData

ROWS = [
    [number, 20 + number % 5, f"city {number % 3}", "2026-01-02", "12.50", "yes" if number % 4 else "no"]
    for number in range(40)
]
COLUMNS = {
    "id": "bigint",
    "age": "int",
    "city": "string",
    "paid_on": "date",
    "amount": "decimal(10,2)",
    "churn": "string",
}


@pytest.fixture
def data() -> FakeTrainingData:
    data = FakeTrainingData()
    data.add_table(6, COLUMNS, rows=1_000)
    data.rows[6] = ROWS
    return data


def looked(
    data: FakeTrainingData,
    target: str | None = None,
    algorithm_type: AlgorithmType = AlgorithmType.AUTOMATIC,
    dataset_id: int = 6,
) -> TableColumns:
    selection = Selection(dataset_id=dataset_id, version_number=1)
    return table_columns(SCOPE, selection, target, algorithm_type, data=data)


def test_columns_are_told_with_kinds_values_and_warnings(data: FakeTrainingData) -> None:
    found = looked(data)
    assert (found.rows, found.rows_seen, found.target) == (1_000, 40, None)
    columns = {column.name: column for column in found.columns}
    assert [column.type for column in found.columns] == list(COLUMNS.values())
    assert columns["age"].kind == "number"
    assert (columns["age"].minimum, columns["age"].maximum, columns["age"].distinct) == ("20", "24", 5)
    assert columns["city"].kind == "category"
    assert len(columns["city"].examples) == 3
    assert [warning.code for warning in columns["id"].warnings] == ["identifier"]
    assert [warning.code for warning in columns["amount"].warnings] == ["constant"]


def test_a_target_says_what_would_be_predicted(data: FakeTrainingData) -> None:
    target = looked(data, "churn").target
    assert target is not None
    assert target.algorithm_type is AlgorithmType.BINARY
    assert [(row.label, row.count) for row in target.classes] == [("yes", 30), ("no", 10)]
    assert target.reason_en


def test_a_target_that_cannot_be_predicted_tells_the_problem(data: FakeTrainingData) -> None:
    constant = looked(data, "amount").target
    assert constant is not None
    assert [problem.code for problem in constant.problems if problem.refuses] == ["constant_target"]
    unsuited = looked(data, "churn", AlgorithmType.REGRESSION).target
    assert unsuited is not None
    assert [problem.code for problem in unsuited.problems if problem.refuses] == ["wrong_type"]


def test_a_column_that_is_not_there_is_refused_with_those_that_are(data: FakeTrainingData) -> None:
    with pytest.raises(InvalidRequestError) as error:
        looked(data, "chrn")
    assert error.value.details["field"] == "target"
    assert "city" in error.value.details["reason"]


def test_a_version_without_rows_is_refused(data: FakeTrainingData) -> None:
    data.add_table(7, COLUMNS, rows=0)
    with pytest.raises(DataNotSelectableError):
        looked(data, dataset_id=7)


def test_a_wide_table_is_looked_at_in_bounded_time(data: FakeTrainingData) -> None:
    columns = {f"c{number}": "double" for number in range(1_000)}
    data.add_table(8, columns, rows=10_000)
    data.rows[8] = [[row + number / 7 for number in range(1_000)] for row in range(1_000)]
    started = time.process_time()
    found = looked(data, "c1", dataset_id=8)
    assert found.rows_seen == 200
    assert time.process_time() - started < 20
