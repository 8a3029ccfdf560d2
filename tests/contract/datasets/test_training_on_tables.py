"""Runs of tables through the training API's function, on datasets as they really lie."""

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from openbml.core import wiring as core_wiring
from openbml.datasets import wiring as datasets_wiring
from openbml.datasets.datasets import VersionKey
from openbml.training import api, api_reports, api_tables
from openbml.training import wiring as training_wiring
from openbml.training.leaderboards import Leaderboard, LeaderboardEntry
from openbml.training.run_progress import Reported
from openbml.training.training_data import DataNotSelectableError, Selection
from tests.contract.datasets.conftest import World
from tests.contract.datasets.table_desk import TableDesk
from tests.contract.datasets.test_api import Api, FakeAuthorizer
from tests.contract.emulator import client, make_table

pytestmark = pytest.mark.contract
HANDLER = Path(__file__).resolve().parents[3] / "functions" / "serve_training_api" / "handler.py"
MODULES = (core_wiring, datasets_wiring, training_wiring)
CSV = b"id,price,paid_on,churn\n" + b"".join(
    f"{number},{number % 7}.5,2026-01-{number % 27 + 1:02},{'yes' if number % 3 else 'no'}\n".encode()
    for number in range(60)
)


class TrainingApi(Api):
    def __init__(self, handler: Any, project_id: int) -> None:
        super().__init__(handler, project_id)
        self._base = f"/v1/training/projects/{project_id}"

    def experiment(self) -> str:
        body = {"name": "churn", "direction": "tabular", "task_type": "tabular_prediction"}
        return f"/experiments/{self.ok('POST', '/experiments', body)['experiment_id']}"

    def refused(self, path: str, body: Any) -> tuple[str, str]:
        status, reply = self.call("POST", path, body)
        assert status >= 400, reply
        return reply["error"]["code"], reply["error"]["message"]


def forget_collaborators() -> None:
    for module in MODULES:
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@pytest.fixture
def training(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainingApi]:
    secret = client("secretsmanager", world.url).create_secret(Name=world.table.name, SecretString="k" * 32)
    queue = client("sqs", world.url).create_queue(QueueName=world.table.name)
    environment = {
        "AWS_ENDPOINT_URL": world.url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CURSOR_SECRET_ARN": secret["ARN"],
        "EVENT_BUS_NAME": "default",
        "DATASETS_TABLE_NAME": world.table.name,
        "TRAINING_TABLE_NAME": make_table(world.url, "training").name,
        "DATA_BUCKET_NAME": world.data._bucket,
        "UPLOADS_BUCKET_NAME": world.archives._bucket,
        "SNAPSHOTS_QUEUE_URL": queue["QueueUrl"],
        "POWERTOOLS_TRACE_DISABLED": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    everything = FakeAuthorizer(world.scope, "training.read", "training.write")
    for module in (api, api_reports, api_tables):
        monkeypatch.setattr(module, "authorizer", lambda: everything)
    account = SimpleNamespace(get=lambda account_id: SimpleNamespace(paid_billing=False))
    monkeypatch.setattr(api, "account_repository", lambda: account)
    forget_collaborators()
    specification = importlib.util.spec_from_file_location("serve_training_api_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    handler = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(handler)
    yield TrainingApi(handler, world.scope.project_id)
    forget_collaborators()


@pytest.fixture
def table(world: World) -> VersionKey:
    desk = TableDesk(world)
    key = desk.dataset("customers")
    desk.imported(key, CSV)
    return key


def request(key: VersionKey, **changes: Any) -> dict[str, Any]:
    return {
        "training_data": [{"dataset_id": key.dataset_id, "version_number": 1}],
        "machine_type": "GPU_P4",
        "max_training_minutes": 5,
        "tabular": {"target": "churn"},
        **changes,
    }


def test_a_run_is_asked_for_by_a_table_and_its_target(training: TrainingApi, table: VersionKey) -> None:
    runs = f"{training.experiment()}/runs"
    run = training.ok("POST", runs, request(table, auto_publish={"model_name": "churn"}))
    assert (run["network"], run["state"], run["labels"], run["cautions"]) == ("AutoML", "preparing", [], [])
    assert run["tabular"]["target"] == "churn"
    assert run["auto_publish"] == {"model_id": None, "model_name": "churn"}
    assert training.ok("GET", f"/runs/{run['run_id']}") == run
    assert training.ok("GET", runs)["items"] == [run]


def test_an_expert_run_s_script_can_be_read(training: TrainingApi, table: VersionKey) -> None:
    settings = {"target": "churn", "mode": "expert", "algorithm_type": "binary"}
    run = training.ok(
        "POST", f"{training.experiment()}/runs", request(table, tabular=settings, network="CAT")
    )
    script = training.ok("GET", f"/runs/{run['run_id']}/script")["script"]
    assert '"model_type": "CAT"' in script


def test_what_is_wrong_is_told_with_its_field(training: TrainingApi, world: World, table: VersionKey) -> None:
    runs = f"{training.experiment()}/runs"
    code, message = training.refused(runs, request(table, tabular={"target": "chrn"}))
    assert code == "invalid_request"
    assert "tabular.target" in message
    assert "churn" in message
    settings = {"target": "churn", "quantiles": [0.5]}
    code, message = training.refused(runs, request(table, tabular=settings))
    assert (code, "quantiles" in message) == ("invalid_request", True)
    empty = TableDesk(world).dataset("empty")
    assert training.refused(runs, request(empty))[0] == "data_not_selectable"


def test_columns_are_looked_at_in_the_rows_as_they_lie(training: TrainingApi, table: VersionKey) -> None:
    query = {"dataset_id": str(table.dataset_id), "version_number": "1", "target": "churn"}
    found = training.ok("GET", "/table-columns", **query)
    assert (found["rows"], found["rows_seen"]) == (60, 60)
    kinds = {column["name"]: column["kind"] for column in found["columns"]}
    assert kinds == {"id": "ignored", "price": "number", "paid_on": "date", "churn": "category"}
    assert found["target"]["algorithm_type"] == "binary"
    assert found["target"]["classes"] == [{"label": "yes", "count": 40}, {"label": "no", "count": 20}]
    status, reply = training.call("GET", "/table-columns", **{**query, "target": "chrn"})
    assert (status, "chrn" in reply["error"]["message"]) == (400, True)


def test_a_leaderboard_is_empty_and_then_the_newest(
    training: TrainingApi, world: World, table: VersionKey
) -> None:
    run = training.ok("POST", f"{training.experiment()}/runs", request(table))
    path = f"/runs/{run['run_id']}/leaderboard"
    assert training.ok("GET", path) == {"entries": [], "at": ""}
    entry = LeaderboardEntry(name="LGBM_1", model="LGBM", score=-0.5, state="done")
    board = Leaderboard(entries=(entry,), at="2026-03-01T12:00:00Z")
    training_wiring.progress_store().record(
        world.scope, run["run_id"], reported=Reported(leaderboard=board), lines=[]
    )
    assert training.ok("GET", path)["entries"] == [entry.model_dump()]
    assert training.call("GET", "/runs/99/leaderboard")[0] == 404


def test_data_is_frozen_with_a_manifest_and_a_list_of_its_parts(
    training: TrainingApi, world: World, table: VersionKey
) -> None:
    data = training_wiring.training_data()
    selection = Selection(dataset_id=table.dataset_id, version_number=1)
    view = data.request_snapshot(world.scope, "tabular_prediction", [selection])
    assert (view.state, view.sample_count, view.labels) == ("ready", 60, [])
    assert view.parts_uri == f"{view.uri}parts.json"
    key = view.parts_uri.removeprefix(world.data.uri(""))
    head, *parts = json.loads(world.data.read(key))
    folder = head["prefix"].removeprefix(world.data.uri(""))
    assert all(world.data.size(f"{folder}{part}") for part in parts)


def test_a_beginning_is_as_long_as_its_cells_allow(
    training: TrainingApi, world: World, table: VersionKey
) -> None:
    data = training_wiring.training_data()
    selection = Selection(dataset_id=table.dataset_id, version_number=1)
    beginning = data.table_beginning(world.scope, selection, cells=20)
    assert (beginning.rows, [len(column) for column in beginning.values]) == (60, [5] * 4)
    for missing in (Selection(dataset_id=99, version_number=1), Selection(dataset_id=1, version_number=9)):
        with pytest.raises(DataNotSelectableError):
            data.table_beginning(world.scope, missing, cells=20)
