"""The manual's API of batch predictions: literal fields, states and codes (spec 08, 11.3-11.4)."""

import json
from typing import Any

import pytest

from openbml.core.errors import OpenBMLError
from openbml.core.public_calls import PublicCall
from openbml.identity.applications import ApplicationGoneError, TokenExpiredError, TokenMissingError
from openbml.services.batch.manual_api.answers import BatchApi
from openbml.services.batch.manual_api.callers import BatchCaller
from openbml.services.batch.manual_api.refusals import Refusal
from openbml_catalog.errors import batch_api_classes, batch_api_errors
from tests.fakes.batches_memory import BatchDesk
from tests.fakes.services_samples import SCOPE

ALL = frozenset({"services.read", "services.write"})
MODEL = "s3://data/projects/42/models/3/1/"


class OneCaller:
    permissions = ALL
    error: OpenBMLError | Refusal | None = None

    def of_token(self, token: str | None) -> BatchCaller:
        if self.error:
            raise self.error
        return BatchCaller(app_id=1, scope=SCOPE, user_id=9, permissions=self.permissions)


class Api:
    def __init__(self) -> None:
        self.desk = BatchDesk()
        self.caller = OneCaller()
        self._api = BatchApi(
            callers=self.caller, using=self.desk.using, jobs=self.desk.jobs, new_log_id=lambda: 77
        )

    def call(self, operation: str, body: Any, *, method: str = "POST") -> dict[str, Any]:
        raw = body if isinstance(body, bytes) else json.dumps({"prjId": "42", **body}).encode()
        call = PublicCall(
            method=method,
            path=f"/rpc/2.0/easydl/pro/predict/{operation}",
            token="t",
            content_type="application/json",
            body=raw,
        )
        document: dict[str, Any] = json.loads(self._api.answer(call))
        assert document["log_id"] == 77
        return document

    def create(self, **changes: Any) -> dict[str, Any]:
        return self.call("create", creation(**changes))

    def code(self, operation: str = "create", **changes: Any) -> int:
        body = creation(**changes) if operation == "create" else changes
        return int(self.call(operation, body)["error_code"])


def creation(**changes: Any) -> dict[str, Any]:
    """Return a body; a change named `train_config__image` goes into the map."""
    body: dict[str, Any] = {
        "name": "night",
        "description": "each night",
        "train_config": {
            "env_type": "DEFAULT",
            "model_path": MODEL,
            "model_path_source": 1,
            "code_path": "",
            "code_path_source": 1,
        },
        "dataset_config": {"input_file": "s3://uploads/projects/42/in/", "input_file_source": 1},
        "resource_config": {"node_count": 2, "resource_name": "CPU_4C_16G"},
    }
    for name, value in changes.items():
        group, _, member = name.partition("__")
        if member:
            body[group][member] = value
        else:
            body[group] = value
    return body


@pytest.fixture
def api() -> Api:
    return Api()


def test_a_job_is_created_listed_inspected_stopped_and_deleted(api: Api) -> None:
    job_id = api.create(dataset_config__output_file="bos:/openbml-exchange-acme/out")["result"]

    listed = api.call("list", {})
    assert listed["total"] == 1
    assert listed["result"][0] == {
        "id": job_id,
        "name": "night",
        "description": "each night",
        "status": "UNTRAIN",
        "run_time": 0,
        "resource_name": "CPU_4C_16G",
        "create_time": int(api.desk.now().timestamp()),
    }
    detail = api.call("detail", {"id": job_id})
    assert detail["train_config"]["model_path"] == MODEL
    assert detail["dataset_config"]["output_file"] == "s3://openbml-exchange-acme/out/"
    assert detail["resource_config"] == {"node_count": 2, "resource_name": "CPU_4C_16G"}
    assert api.call("delete", {"id": job_id})["error_code"] == 406014
    assert api.call("stop", {"id": job_id}) == {"result": True, "log_id": 77}
    assert api.call("stop", {"id": job_id})["error_code"] == 406013
    assert api.call("delete", {"id": job_id}) == {"result": True, "log_id": 77}
    for operation in ("detail", "stop", "delete"):
        assert api.call(operation, {"id": job_id})["error_code"] == 406012


def test_states_have_the_manuals_spelling(api: Api) -> None:
    job_id = api.create()["result"]
    batch = api.desk.batches.get(SCOPE, job_id)

    def status() -> str:
        return str(api.call("detail", {"id": job_id})["status"])

    seen = [status()]
    api.desk.start(job_id)
    seen.append(status())
    for state in ("running", "completed"):
        api.desk.change(batch, state)
        seen.append(status())
    assert seen == ["UNTRAIN", "PENDING", "RUNNING", "SUCCESSED"]
    failing = api.create(name="b")["result"]
    api.desk.change(api.desk.batches.get(SCOPE, failing), "failed")
    assert api.call("detail", {"id": failing})["status"] == "FAILED"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, 406015),
        ({"name": "x" * 51}, 406016),
        ({"name": "x😀"}, 406036),
        ({"description": ""}, 406017),
        ({"description": "x" * 501}, 406018),
        ({"description": "☀ sun"}, 406036),
        ({"train_config": None}, 406001),
        ({"train_config__env_type": "VM"}, 406034),
        ({"train_config__env_type": "CCR"}, 406030),
        ({"train_config__env_type": "CCR", "train_config__image": "/a/b"}, 406031),
        ({"train_config__env_type": "CCR", "train_config__image": "/a", "train_config__tag": "1"}, 406034),
        ({"train_config__env_type": "OUTERIMAGE"}, 406033),
        ({"train_config__env_type": "OUTERIMAGE", "train_config__repository_id": "r"}, 406034),
        ({"train_config__env_type": "CUSTOM"}, 406030),
        ({"train_config__env_type": "CUSTOM", "train_config__env_image_id": "i"}, 406034),
        ({"train_config__code_path": "bkt/code/"}, 406019),
        ({"train_config__start_cmd": "python x.py"}, 406020),
        ({"train_config__model_path_source": 2}, 406001),
        ({"train_config__model_path_source": None}, 406001),
        ({"train_config__model_path": "s3://data/projects/43/models/3/1/"}, 406001),
        ({"train_config__model_path": "s3://other/projects/42/models/3/1/"}, 406001),
        ({"train_config__model_path": "s3://data/projects/42/models/3/../1/"}, 406001),
        ({"dataset_config__input_file": ""}, 406022),
        ({"dataset_config__input_file": "s3://data/projects/43/x"}, 406022),
        ({"dataset_config__input_file": "nowhere"}, 406022),
        ({"dataset_config__input_file": 5}, 406001),
        ({"dataset_config__input_file_source": 2}, 406001),
        ({"dataset_config__output_file": "s3://data/projects/42/models/"}, 406021),
        ({"dataset_config__output_file": "/"}, 406021),
        ({"dataset_config__input_file": "b/" + "x" * 2000}, 406038),
        ({"resource_config__resource_name": "my-pool"}, 406100),
        ({"resource_config__node_count": 7}, 406101),
        ({"resource_config__node_count": 0}, 406001),
        ({"resource_config__node_count": "2"}, 406001),
        ({"resource_config__cpu_num": 5}, 406102),
        ({"resource_config__memory": 17}, 406103),
        ({"resource_config__gpu_num": 1}, 406104),
        ({"resource_config__gpu_type": "NVIDIA_深度学习开发卡"}, 406028),
    ],
)
def test_what_is_wrong_has_its_documented_code(api: Api, changes: dict[str, Any], code: int) -> None:
    assert api.code(**changes) == code
    assert api.call("list", {})["total"] == 0


def test_a_name_is_the_projects_once_and_means_are_asked_for(api: Api) -> None:
    api.create()

    assert api.code() == 406026
    api.desk.funds.has = False
    assert api.code(name="b") == 406029


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"{" * 10_000,
        b'{"prjId": "43", "id": 1}',
        b'{"id": 1}',
        b'{"prjId": true, "id": 1}',
    ],
)
def test_a_body_that_is_none_or_of_another_project_tells_nothing(api: Api, body: bytes) -> None:
    assert api.call("detail", body)["error_code"] in (406001, 406037)


@pytest.mark.parametrize("job_id", [None, "x", 0, -1, 2**60, True, 1.5, [1]])
def test_an_id_that_is_none_is_named(api: Api, job_id: Any) -> None:
    reply = api.call("detail", {"id": job_id})

    assert (reply["error_code"], "id" in reply["error_msg"]) == (406001, True)


def test_pages_have_an_offset_and_a_length(api: Api) -> None:
    ids = [api.create(name=f"n{number}")["result"] for number in range(25)]

    assert [row["id"] for row in api.call("list", {})["result"]] == ids[::-1][:20]
    page = api.call("list", {"start": 20, "num": 10.0})
    assert (page["total"], [row["id"] for row in page["result"]]) == (25, ids[::-1][20:])
    assert api.call("list", {"num": 0})["error_code"] == 406001


def test_who_calls_comes_first(api: Api) -> None:
    api.caller.error = TokenMissingError()
    assert api.code() == 100
    api.caller.error = TokenExpiredError()
    assert api.code() == 111
    api.caller.error = ApplicationGoneError()
    assert api.code() == 15
    api.caller.error = Refusal("no_data_permission")
    assert api.code() == 6
    api.caller.error = None
    api.caller.permissions = frozenset({"services.read"})
    assert api.code() == 406037
    assert api.call("list", {})["total"] == 0


def test_other_operations_and_methods_are_none(api: Api) -> None:
    assert api.call("restart", {})["error_code"] == 3
    assert api.call("list", {}, method="GET")["error_code"] == 3


def test_every_error_class_is_a_row() -> None:
    assert {row.error for row in batch_api_classes().values()} <= set(batch_api_errors())
