"""Who may call the data API, and that every reply is of one shape (spec 02 sections 8.1, 8.18, 1.6)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openbml.core.scope import Principal
from openbml.datasets.data_api.wiring import data_api
from openbml.identity.applications import DataAccess
from openbml_catalog.errors import data_api_classes, data_api_errors
from tests.contract.datasets.data_api_desk import Desk

TEXT = {"type": "TEXT_CLASSIFICATION", "template_type": "TEXT_CLASSIFICATION_ONE_LABEL"}
ANNOTATOR = Principal(account_id=1, user_id=8, email="annotator@example.com")
OPERATIONS = [
    "create",
    "addentity",
    "deleteDataset",
    "createDatasetVersion",
    "describeDatasetVersion",
    "deleteDatasetVersion",
    "createImportTask",
    "describeImportTask",
    "createExportTask",
    "describeExportTask",
    "describeDatasets",
    "describeDatasetVersions",
    "guessSchema",
]
NEEDED = {
    "datasets.read": [
        "describeDatasetVersion",
        "describeImportTask",
        "describeDatasets",
        "describeDatasetVersions",
    ],
    "datasets.write": ["create", "addentity", "createDatasetVersion", "createImportTask", "guessSchema"],
    "datasets.manage": ["deleteDataset", "deleteDatasetVersion", "createExportTask", "describeExportTask"],
}
# Section 8.18, as the manual prints it.
CODES = {
    1: "Unknown error",
    2: "Service temporarily unavailable",
    3: "Unsupported openapi method",
    4: "Open api request limit reached",
    6: "No permission to access data",
    13: "Get service token failed",
    14: "IAM Certification failed",
    15: "app not exsits or create failed",
    17: "Open api daily request limit reached",
    18: "Open api qps request limit reached",
    19: "Open api total request limit reached",
    100: "Invalid parameter",
    110: "Access token invalid or no longer valid",
    111: "Access token expired",
    406000: "internal server error",
    406001: "param[xx] invalid",
    406002: "dataset not exist",
    406003: "dataset already exists",
    406004: "dataset can not be modified temporarily",
    406005: "label not exist",
    406006: "no permission to modify the dataset",
    406007: "dataset cannot be modified while smart annotation is running",
    406008: "quota exceeded",
}


def test_the_table_of_errors_is_the_manuals() -> None:
    assert {row.code: row.text("xx") for row in data_api_errors().values()} == CODES
    assert {row.error for row in data_api_classes().values()} <= set(data_api_errors())


def test_all_thirteen_operations_are_there(desk: Desk) -> None:
    assert sorted(data_api()._operations) == sorted(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_item_103_every_operation_is_a_post(desk: Desk, operation: str, method: str) -> None:
    assert desk.error(operation, {}, method=method) == (3, "Unsupported openapi method")


def test_item_123_tokens_that_are_missing_unknown_or_expired_are_told_apart(desk: Desk) -> None:
    expired = desk.token_of(desk.application(), age=timedelta(days=31))
    replies = {None: 100, "": 100, "with blank": 100, "24." + "0" * 64: 110, "abc": 110, expired: 111}
    for token, code in replies.items():
        for operation in ("describeDatasets", "noSuchOperation"):
            assert desk.error(operation, {}, token=token)[0] == code


@pytest.mark.parametrize(
    "path",
    [
        "/rpc/2.0/easydl/pro/dataset/describeAnything",
        "/rpc/2.0/easydl/pro/dataset/describedatasets",
        "/rpc/2.0/easydl/pro/dataset/",
        "/rpc/2.0/easydl/pro/dataset",
        "/rpc/2.0/easydl/pro/dataset/create/more",
        "/rpc/2.0/easydl/pro/model/create",
        "/rpc/1.0/easydl/pro/dataset/create",
        "/rpc/2.0/easydl/pro/dataset/cre%61te",
    ],
)
def test_item_123_an_unknown_path_is_no_method(desk: Desk, path: str) -> None:
    assert desk.error("create", {}, path=path) == (3, "Unsupported openapi method")


def test_an_application_that_was_deleted_is_missing(desk: Desk) -> None:
    application = desk.application()
    token = desk.token_of(application)
    desk.applications.remove(application)
    assert desk.error("describeDatasets", {}, token=token) == (15, "app not exsits or create failed")


@pytest.mark.parametrize(
    ("access", "refused"),
    [
        (DataAccess.READ, {"datasets.write", "datasets.manage"}),
        (DataAccess.WRITE, {"datasets.manage"}),
        (DataAccess.MANAGE, set()),
    ],
)
def test_items_124_and_126_an_operation_needs_its_right(
    desk: Desk, access: DataAccess, refused: set[str]
) -> None:
    token = desk.token_with(access)
    for permission, operations in NEEDED.items():
        for operation in operations:
            document = desk.call(operation, {"dataset_id": 7, "dataset_group_id": 7}, token=token)
            is_refused = document.get("error_code") == 406006
            assert is_refused is (permission in refused), (operation, document)


def test_item_124_an_application_without_access_sees_no_data(desk: Desk) -> None:
    none = desk.token_with(DataAccess.NONE)
    assert desk.error("describeDatasets", {}, token=none) == (6, "No permission to access data")
    older = desk.application().model_copy(update={"made_by": None, "project_id": None})
    desk.applications.remove(older)
    desk.applications.add(older)
    assert desk.error("describeDatasets", {}, token=desk.token_of(older))[0] == 6


def test_item_126_an_application_may_never_more_than_who_made_it(desk: Desk) -> None:
    def grant(role: str) -> None:
        desk.grants.add_role(desk.world.scope, user_id=ANNOTATOR.user_id, email=ANNOTATOR.email, role=role)

    grant("developer")
    token = desk.token_of(desk.application(ANNOTATOR))
    made = desk.create("set", *TEXT.values())
    group = {"dataset_group_id": made["dataset_group_id"]}
    assert desk.ok("describeDatasets", {}, token=token)["page_info"]["total"] == 1
    desk.grants.remove(desk.world.scope, ANNOTATOR.user_id)
    grant("annotator")
    assert desk.error("deleteDataset", group, token=token)[0] == 406006
    desk.ok("createDatasetVersion", {**group, **TEXT}, token=token)
    desk.grants.remove(desk.world.scope, ANNOTATOR.user_id)
    assert desk.error("describeDatasets", {}, token=token)[0] == 6


def test_an_application_sees_its_own_project_only(desk: Desk) -> None:
    made = desk.create("set", *TEXT.values())
    other = desk.other_project()
    token = desk.token_of(desk.application(project_id=other))
    assert desk.ok("describeDatasets", {}, token=token)["page_info"]["total"] == 0
    for operation, body in [
        ("describeDatasetVersion", {"dataset_id": made["dataset_id"]}),
        ("deleteDataset", {"dataset_group_id": made["dataset_group_id"]}),
        ("addentity", {"dataset_id": made["dataset_id"], "entity_content": "x", **TEXT}),
    ]:
        assert desk.error(operation, body, token=token)[0] == 406002


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "1", '"a"', "NaN", '{"limit": NaN}', '{"limit": Infinity}', "[" * 100_000,
     '{"a":' * 20_000, b"\xff\xfe{}", '{"limit": ' + "9" * 5_000 + "}"],
    ids=range(13),
)  # fmt: skip
def test_a_body_that_is_no_object_is_an_invalid_parameter(desk: Desk, body: str | bytes) -> None:
    status, document = desk.raw("describeDatasets", body)
    assert (status, document["error_code"]) == (200, 406001)


KEYS = st.sampled_from(
    ["dataset_id", "dataset_group_id", "task_id", "dataset_name", "type", "template_type", "storage_type",
     "storage_path", "entity_content", "labels", "append_label", "description", "data_source_type",
     "database_name", "table_name", "column_error", "schema", "upload_type", "filter", "word", "limit",
     "offset", "label_name", "left", "top", "width", "height", "columns", "names", "raw_names", "types"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE", "TEXT_CLASSIFICATION", "usrBos", "sysBos", "auto",
     "TEXT_CLASSIFICATION_ONE_LABEL", "cloud_edap", "s3://bucket/a/", "DATA_TABLE_FORECASTING", "a\tb"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=12,
)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(operation=st.sampled_from(OPERATIONS), body=st.dictionaries(KEYS, VALUES, max_size=8))
def test_item_125_whatever_comes_the_reply_is_a_success_or_an_error_of_the_table(
    desk: Desk, operation: str, body: dict[str, Any]
) -> None:
    status, document = desk.raw(operation, json.dumps(body))
    assert status == 200
    assert isinstance(document["log_id"], int)
    if "error_code" not in document:
        assert "error_msg" not in document
        return
    assert set(document) == {"log_id", "error_code", "error_msg"}
    assert document["error_code"] in CODES
    assert document["error_code"] not in (1, 2, 406000), document


def test_two_replies_never_have_the_same_log_id(desk: Desk) -> None:
    for _ in range(20):
        desk.call("describeDatasets", {})
        desk.call("nothing", {})
    seen = [reply["log_id"] for reply in desk.replies]
    assert len(set(seen)) == len(seen)
