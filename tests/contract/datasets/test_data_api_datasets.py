"""Datasets and versions through the data API (spec 02 sections 8.4, 8.6-8.9, 8.14, 8.15)."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from openbml.datasets.datasets import VersionState
from openbml.datasets.tables_dynamodb import version_item_key
from tests.contract.datasets.data_api_desk import Desk

PAIRS = [
    ("IMAGE_CLASSIFICATION", "IMAGE_CLASSIFICATION_ONE_LABEL"),
    ("IMAGE_CLASSIFICATION", "IMAGE_CLASSIFICATION_MUL_LABEL"),
    ("OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE"),
    ("TEXT_CLASSIFICATION", "TEXT_CLASSIFICATION_ONE_LABEL"),
    ("TEXT_MATCHING", "TEXT_SIMILARITY"),
    ("DATA_TABLE_FORECASTING", "DATA_TABLE_FORECASTING"),
    ("TIME_SERIES_FORECASTING", "TIME_SERIES_FORECASTING"),
]
TABLE = ("DATA_TABLE_FORECASTING", "DATA_TABLE_FORECASTING")
BOXES = ("OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE")
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z")


def test_item_104_each_of_the_seven_pairs_creates_a_dataset_with_both_ids(desk: Desk) -> None:
    for number, (api_type, template_type) in enumerate(PAIRS):
        made = desk.create(f"set {number}", api_type, template_type)
        assert set(made) == {"log_id", "dataset_id", "dataset_group_id"}
        assert made["dataset_id"] != made["dataset_group_id"]


def test_the_blank_that_the_manual_prints_before_a_type_does_no_harm(desk: Desk) -> None:
    desk.create("series", " TIME_SERIES_FORECASTING", " TIME_SERIES_FORECASTING")


@pytest.mark.parametrize(
    ("api_type", "template_type", "field"),
    [
        ("OBJECT_DETECTION", "TEXT_SIMILARITY", "template_type"),
        ("IMAGE_CLASSIFICATION", "OBJECT_DETECTION_RECTANGLE", "template_type"),
        ("IMAGE_CLASSIFY", "IMAGE_CLASSIFICATION_ONE_LABEL", "type"),
        ("", "IMAGE_CLASSIFICATION_ONE_LABEL", "type"),
        ("object_detection", "OBJECT_DETECTION_RECTANGLE", "type"),
    ],
)
def test_item_105_a_pair_that_does_not_match_is_refused(
    desk: Desk, api_type: str, template_type: str, field: str
) -> None:
    body = {"dataset_name": "parts", "type": api_type, "template_type": template_type}
    assert desk.error("create", body) == (406001, f"param[{field}] invalid")


@pytest.mark.parametrize(
    "path", ["bos:/b1/d1/text/", "s3://bucket/prefix/", "s3://bucket/a/b/c/", "bos:/b1/"]
)
def test_a_customers_path_is_kept_as_it_was_given(desk: Desk, path: str) -> None:
    made = desk.create("parts", *BOXES, storage_type="usrBos", storage_path=path)
    detail = desk.ok("describeDatasetVersion", {"dataset_id": made["dataset_id"]})["result"]
    assert (detail["storage_type"], detail["storage_path"]) == ("usrBos", path)


@pytest.mark.parametrize(
    ("storage", "field"),
    [
        ({"storage_type": "usrBos"}, "storage_path"),
        ({"storage_type": "usrBos", "storage_path": "bos:/b1/d1"}, "storage_path"),
        ({"storage_type": "usrBos", "storage_path": "s3://bucket/prefix"}, "storage_path"),
        ({"storage_type": "usrBos", "storage_path": "/local/dir/"}, "storage_path"),
        ({"storage_type": "usrBos", "storage_path": "s3://bucket/../other/"}, "storage_path"),
        ({"storage_type": "usrBos", "storage_path": "bos://b1/d1/"}, "storage_path"),
        ({"storage_type": "sysBos", "storage_path": "s3://bucket/prefix/"}, "storage_path"),
        ({"storage_type": "ownBos"}, "storage_type"),
        ({"storage_type": 3}, "storage_type"),
    ],
)
def test_item_106_storage_that_cannot_be_is_refused(
    desk: Desk, storage: dict[str, object], field: str
) -> None:
    body = {"dataset_name": "parts", "type": BOXES[0], "template_type": BOXES[1], **storage}
    assert desk.error("create", body) == (406001, f"param[{field}] invalid")


@pytest.mark.parametrize("missing", ["dataset_name", "type", "template_type"])
def test_a_required_parameter_of_create_is_asked_for_by_name(desk: Desk, missing: str) -> None:
    body = {"dataset_name": "parts", "type": BOXES[0], "template_type": BOXES[1]}
    del body[missing]
    assert desk.error("create", body) == (406001, f"param[{missing}] invalid")


@pytest.mark.parametrize("name", ["", "   ", "x" * 51, "a\x00b", "a\ud800b", 7, None, ["a"]])
def test_a_name_that_cannot_be_kept_is_refused(desk: Desk, name: object) -> None:
    body = {"dataset_name": name, "type": BOXES[0], "template_type": BOXES[1]}
    assert desk.error("create", body) == (406001, "param[dataset_name] invalid")


def test_a_used_name_is_refused(desk: Desk) -> None:
    desk.create("parts", *BOXES)
    body = {"dataset_name": "parts", "type": BOXES[0], "template_type": BOXES[1]}
    assert desk.error("create", body) == (406003, "dataset already exists")


def test_item_110_a_deleted_dataset_is_gone_at_once_with_all_its_versions(desk: Desk) -> None:
    made = desk.create("parts", *BOXES)
    group = {"dataset_group_id": made["dataset_group_id"]}
    second = desk.ok("createDatasetVersion", {**group, "type": BOXES[0], "template_type": BOXES[1]})
    assert desk.ok("deleteDataset", group)["result"] is True
    assert desk.error("deleteDataset", group) == (406002, "dataset not exist")
    for version in (made, second):
        assert desk.error("describeDatasetVersion", {"dataset_id": version["dataset_id"]})[0] == 406002
    assert desk.error("describeDatasetVersions", group)[0] == 406002
    assert desk.ok("describeDatasets", {})["page_info"]["total"] == 0
    desk.create("parts", *BOXES)  # the name is free again


def test_item_111_a_new_version_has_an_id_and_an_ordinal_of_its_own(desk: Desk) -> None:
    made = desk.create("orders", *TABLE)
    body = {
        "dataset_group_id": made["dataset_group_id"],
        "type": TABLE[0],
        "template_type": TABLE[1],
        "description": "second try",
    }
    added = desk.ok("createDatasetVersion", body)
    assert set(added) == {"log_id", "dataset_id"}
    detail = desk.ok("describeDatasetVersion", {"dataset_id": added["dataset_id"]})["result"]
    assert (detail["version_number"], detail["description"], detail["rows"]) == (2, "second try", 0)
    assert added["dataset_id"] != made["dataset_id"]


@pytest.mark.parametrize(
    ("pair", "field"), [(BOXES, "type"), (("OBJECT_DETECTION", "TEXT_SIMILARITY"), "template_type")]
)
def test_a_new_version_must_name_the_datasets_own_type(desk: Desk, pair: tuple[str, str], field: str) -> None:
    made = desk.create("orders", *TABLE)
    body = {"dataset_group_id": made["dataset_group_id"], "type": pair[0], "template_type": pair[1]}
    assert desk.error("createDatasetVersion", body) == (406001, f"param[{field}] invalid")


def test_versions_that_are_added_at_once_get_ordinals_of_their_own(desk: Desk) -> None:
    made = desk.create("orders", *TABLE)
    body = {"dataset_group_id": made["dataset_group_id"], "type": TABLE[0], "template_type": TABLE[1]}
    with ThreadPoolExecutor(6) as threads:
        added = list(threads.map(lambda _: desk.ok("createDatasetVersion", body), range(6)))
    listed = desk.ok("describeDatasetVersions", {"dataset_group_id": made["dataset_group_id"]})
    assert [row["version_number"] for row in listed["dataset_versions"]] == [7, 6, 5, 4, 3, 2, 1]
    assert {row["dataset_id"] for row in listed["dataset_versions"]} == {
        made["dataset_id"],
        *(version["dataset_id"] for version in added),
    }


def test_item_112_a_version_is_described_with_every_field(desk: Desk) -> None:
    made = desk.create("parts", *BOXES)
    reply = desk.ok("describeDatasetVersion", {"dataset_id": made["dataset_id"]})
    assert set(reply) == {"log_id", "result"}
    detail = reply["result"]
    assert TIME.match(detail.pop("create_time"))
    assert TIME.match(detail.pop("modify_time"))
    assert detail == {
        "dataset_group_id": made["dataset_group_id"],
        "dataset_id": made["dataset_id"],
        "version_number": 1,
        "dataset_name": "parts",
        "description": "",
        "storage_type": "sysBos",
        "storage_path": "",
        "size_MB": 0.0,
        "columns": 0,
        "rows": 0,
        "import_status": "",
        "type": "OBJECT_DETECTION",
        "template_type": "OBJECT_DETECTION_RECTANGLE",
        "import_progress": 0.0,
    }


def test_item_113_only_the_version_that_was_named_goes(desk: Desk) -> None:
    made = desk.create("orders", *TABLE)
    group = {"dataset_group_id": made["dataset_group_id"]}
    added = desk.ok("createDatasetVersion", {**group, "type": TABLE[0], "template_type": TABLE[1]})
    assert desk.ok("deleteDatasetVersion", {"dataset_id": added["dataset_id"]})["result"] is True
    assert desk.error("deleteDatasetVersion", {"dataset_id": added["dataset_id"]})[0] == 406002
    listed = desk.ok("describeDatasetVersions", group)
    assert [row["dataset_id"] for row in listed["dataset_versions"]] == [made["dataset_id"]]
    # An ordinal is never given twice.
    third = desk.ok("createDatasetVersion", {**group, "type": TABLE[0], "template_type": TABLE[1]})
    detail = desk.ok("describeDatasetVersion", {"dataset_id": third["dataset_id"]})["result"]
    assert detail["version_number"] == 3


def test_the_only_version_of_a_dataset_stays(desk: Desk) -> None:
    made = desk.create("orders", *TABLE)
    refused = desk.error("deleteDatasetVersion", {"dataset_id": made["dataset_id"]})
    assert refused == (406001, "param[dataset_id] invalid")


def test_of_two_versions_that_are_deleted_at_once_one_stays(desk: Desk) -> None:
    made = desk.create("orders", *TABLE)
    group = {"dataset_group_id": made["dataset_group_id"]}
    added = desk.ok("createDatasetVersion", {**group, "type": TABLE[0], "template_type": TABLE[1]})
    ids = [made["dataset_id"], added["dataset_id"]]
    with ThreadPoolExecutor(2) as threads:
        replies = list(threads.map(lambda i: desk.call("deleteDatasetVersion", {"dataset_id": i}), ids))
    assert sorted("result" in reply for reply in replies) == [False, True]
    assert desk.ok("describeDatasetVersions", group)["page_info"]["total"] == 1


def test_item_120_datasets_are_filtered_searched_and_paged_newest_first(desk: Desk) -> None:
    made = [desk.create(f"part {n:02}", *BOXES) for n in range(11)]
    desk.create("orders", *TABLE)
    desk.create("several", "IMAGE_CLASSIFICATION", "IMAGE_CLASSIFICATION_MUL_LABEL")
    page = desk.ok("describeDatasets", {})
    assert page["page_info"] == {"limit": 10, "offset": 0, "total": 13}
    assert [row["dataset_name"] for row in page["datasets"]][:3] == ["several", "orders", "part 10"]
    assert page["result"] == {"page_info": page["page_info"], "datasets": page["datasets"]}
    rest = desk.ok("describeDatasets", {"limit": 4, "offset": 10, "word": "PART"})
    assert rest["page_info"] == {"limit": 4, "offset": 10, "total": 11}
    first = {"dataset_group_id": made[0]["dataset_group_id"], "dataset_name": "part 00"}
    assert rest["datasets"] == [first]
    kinds = {"type": ["OBJECT_DETECTION", TABLE[0]], "template_type": [TABLE[1]]}
    assert desk.ok("describeDatasets", {"filter": kinds})["page_info"]["total"] == 1
    assert desk.ok("describeDatasets", {"filter": {"type": ["TEXT_MATCHING"]}})["datasets"] == []
    assert desk.ok("describeDatasets", {"filter": {"type": []}})["page_info"]["total"] == 13


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"limit": "10"}, "limit"),
        ({"limit": True}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 1.5}, "offset"),
        ({"word": 3}, "word"),
        ({"word": "x" * 201}, "word"),
        ({"filter": []}, "filter"),
        ({"filter": {"type": "OBJECT_DETECTION"}}, "filter.type"),
        ({"filter": {"template_type": [1]}}, "filter.template_type"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_the_parameters_name(
    desk: Desk, body: dict[str, object], field: str
) -> None:
    assert desk.error("describeDatasets", body) == (406001, f"param[{field}] invalid")


def test_item_121_versions_are_listed_and_paged(desk: Desk) -> None:
    made = desk.create("orders", *TABLE)
    group = {"dataset_group_id": made["dataset_group_id"]}
    for _ in range(11):
        desk.ok("createDatasetVersion", {**group, "type": TABLE[0], "template_type": TABLE[1]})
    page = desk.ok("describeDatasetVersions", group)
    assert page["page_info"] == {"limit": 10, "offset": 0, "total": 12}
    assert set(page) == {"log_id", "page_info", "dataset_versions", "result"}
    assert page["result"] == {name: page[name] for name in ("page_info", "dataset_versions")}
    last = desk.ok("describeDatasetVersions", {**group, "offset": 11, "limit": 5})["dataset_versions"]
    assert len(last) == 1
    assert TIME.match(last[0].pop("create_time"))
    assert TIME.match(last[0].pop("modify_time"))
    assert last[0] == {
        "dataset_id": made["dataset_id"],
        "dataset_name": "orders",
        "version_number": 1,
        "import_status": "",
        "columns": 0,
        "rows": 0,
        "type": TABLE[0],
        "template_type": TABLE[1],
    }


def test_a_version_older_than_the_api_gets_its_id_when_it_is_listed(desk: Desk) -> None:
    key = desk.world.dataset("old")
    desk.world.table.update_item(Key=version_item_key(key), UpdateExpression="REMOVE version_id")
    listed = desk.ok("describeDatasetVersions", {"dataset_group_id": key.dataset_id})
    (row,) = listed["dataset_versions"]
    again = desk.ok("describeDatasetVersions", {"dataset_group_id": key.dataset_id})
    assert again["dataset_versions"][0]["dataset_id"] == row["dataset_id"] > 0
    desk.ok("describeDatasetVersion", {"dataset_id": row["dataset_id"]})


@pytest.mark.parametrize(
    ("state", "code", "message"),
    [
        (VersionState.IMPORTING, 406004, "dataset can not be modified temporarily"),
        (
            VersionState.SMART_LABELLING,
            406007,
            "dataset cannot be modified while smart annotation is running",
        ),
    ],
)
def test_item_124_a_busy_dataset_is_neither_changed_nor_deleted(
    desk: Desk, state: VersionState, code: int, message: str
) -> None:
    made = desk.create("parts", *BOXES)
    group = {"dataset_group_id": made["dataset_group_id"]}
    desk.ok("createDatasetVersion", {**group, "type": BOXES[0], "template_type": BOXES[1]})
    key = desk.world.datasets.version_of(desk.world.scope, made["dataset_id"]).key
    desk.world.table.update_item(
        Key=version_item_key(key),
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": state.value},
    )
    assert desk.error("deleteDataset", group) == (code, message)
    assert desk.error("deleteDatasetVersion", {"dataset_id": made["dataset_id"]}) == (code, message)
