"""addentity through the data API (spec 02 section 8.5)."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from openbml.datasets.datasets import VersionKey, VersionState
from openbml.datasets.samples import AnnotationState, Facet, Sample
from openbml.datasets.tables_dynamodb import version_item_key
from openbml_formats.annotations import Annotation
from tests.contract.datasets.data_api_desk import Desk
from tests.fakes.datasets_archives import archive, image_bytes, labelled_pairs

ONE = ("IMAGE_CLASSIFICATION", "IMAGE_CLASSIFICATION_ONE_LABEL")
SEVERAL = ("IMAGE_CLASSIFICATION", "IMAGE_CLASSIFICATION_MUL_LABEL")
BOXES = ("OBJECT_DETECTION", "OBJECT_DETECTION_RECTANGLE")
TEXT = ("TEXT_CLASSIFICATION", "TEXT_CLASSIFICATION_ONE_LABEL")
PAIR = ("TEXT_MATCHING", "TEXT_SIMILARITY")


def encoded(seed: int = 0, **options: Any) -> str:
    return base64.b64encode(image_bytes(seed=seed, **options)).decode()


class Set:
    """A dataset of a pair of types, and how its samples look."""

    def __init__(self, desk: Desk, pair: tuple[str, str], name: str = "set") -> None:
        self.desk = desk
        self.pair = pair
        self.made = desk.create(name, *pair)
        version = desk.world.datasets.version_of(desk.world.scope, self.made["dataset_id"])
        self.key: VersionKey = version.key

    def body(self, content: str, labels: Any = None, **more: Any) -> dict[str, Any]:
        body = {
            "dataset_id": self.made["dataset_id"],
            "type": self.pair[0],
            "template_type": self.pair[1],
            "entity_content": content,
            **more,
        }
        return body if labels is None else {**body, "labels": labels}

    def add(self, content: str, labels: Any = None, **more: Any) -> None:
        reply = self.desk.ok("addentity", self.body(content, labels, **more))
        assert set(reply) == {"log_id"}

    def refused(self, content: str, labels: Any = None, **more: Any) -> tuple[int, str]:
        return self.desk.error("addentity", self.body(content, labels, **more))

    def samples(self) -> list[Sample]:
        found, _ = self.desk.world.samples.page(self.key, Facet.everything(), limit=9_999, position=None)
        return list(found)

    def annotation(self, place: int = 0) -> Annotation:
        sample = self.samples()[place]
        return self.desk.world.samples.annotation_of(self.key.scope, sample)

    def label_counts(self) -> dict[str, int]:
        found, _ = self.desk.world.datasets.labels(self.key, limit=99, position=None)
        return {label.name: label.sample_count for label in found}

    def detail(self) -> dict[str, Any]:
        reply = self.desk.ok("describeDatasetVersion", {"dataset_id": self.made["dataset_id"]})
        detail: dict[str, Any] = reply["result"]
        return detail


def box(name: str, left: float = 2, top: float = 3, width: float = 10, height: float = 20) -> dict[str, Any]:
    return {"label_name": name, "left": left, "top": top, "width": width, "height": height}


def test_item_107_an_unlabelled_image_is_added(desk: Desk) -> None:
    images = Set(desk, ONE)
    images.add(encoded())
    (sample,) = images.samples()
    assert (sample.width, sample.height, sample.labelled, sample.extension) == (64, 48, False, "jpg")
    assert desk.world.data.read(f"{images.key.scope.prefix}blobs/{sample.sha256[:2]}/{sample.sha256}")
    assert desk.world.data.read(f"{images.key.scope.prefix}thumbnails/{sample.sha256}.jpg")
    detail = images.detail()
    assert (detail["rows"], detail["import_status"], detail["size_MB"]) == (1, "ImportFinished", 0.01)


def test_item_107_a_box_is_converted_from_left_top_width_height(desk: Desk) -> None:
    boxes = Set(desk, BOXES)
    boxes.add(encoded(), [box("bolt", 12, 4.5, 16, 17)])
    (region,) = boxes.annotation().regions
    assert region.label == "bolt"
    assert region.box is not None
    assert (region.box.x1, region.box.y1, region.box.x2, region.box.y2) == (12, 4.5, 28, 21.5)
    assert boxes.label_counts() == {"bolt": 1}


def test_item_107_a_text_with_a_label_is_added(desk: Desk) -> None:
    texts = Set(desk, TEXT)
    texts.add("猫が好き\r\n", [{"label_name": "animal"}])
    (sample,) = texts.samples()
    assert sample.texts == ("猫が好き",)
    assert texts.annotation().labels == ("animal",)


def test_item_107_a_pair_is_parted_at_its_tab(desk: Desk) -> None:
    pairs = Set(desk, PAIR)
    pairs.add("how old are you\twhat is your age", [{"label_name": "1"}])
    pairs.add("what is your age\thow old are you", [{"label_name": "0"}])
    assert [sample.texts for sample in pairs.samples()] == [
        ("how old are you", "what is your age"),
        ("what is your age", "how old are you"),
    ]
    assert pairs.annotation().labels == ("1",)


@pytest.mark.parametrize("content", ["only one", "a\tb\tc", "\tb", "a\t", "", "\t"])
def test_a_pair_needs_two_texts(desk: Desk, content: str) -> None:
    assert Set(desk, PAIR).refused(content) == (406001, "param[entity_content] invalid")


def test_a_text_is_cut_where_imports_cut_it(desk: Desk) -> None:
    texts = Set(desk, TEXT)
    texts.add("x" * 600)
    assert texts.samples()[0].texts == ("x" * 512,)


@pytest.mark.parametrize("content", ["", "   ", "\n", "a\x00b", "a\ud800b"])
def test_a_text_that_is_none_is_refused(desk: Desk, content: str) -> None:
    assert Set(desk, TEXT).refused(content) == (406001, "param[entity_content] invalid")


@pytest.mark.parametrize(
    "name", ["x" * 21, "with space", "猫", "a.b", "", "a\n", "-" * 21, None, 5, "a\ud800"]
)
@pytest.mark.parametrize("pair", [ONE, BOXES, TEXT])
def test_item_108_a_label_name_that_is_not_allowed_is_refused(
    desk: Desk, pair: tuple[str, str], name: object
) -> None:
    label = {**box("x"), "label_name": name}
    content = "text" if pair is TEXT else encoded()
    assert Set(desk, pair).refused(content, [label]) == (406001, "param[labels.label_name] invalid")


def test_label_names_up_to_twenty_bytes_of_all_characters_are_taken(desk: Desk) -> None:
    images = Set(desk, SEVERAL)
    names = ["x" * 20, "a-b_C9", "-", "_", "0"]
    images.add(encoded(), [{"label_name": name} for name in names])
    assert images.annotation().labels == tuple(names)


def test_item_109_labels_are_appended_unless_they_replace(desk: Desk) -> None:
    images = Set(desk, SEVERAL)
    images.add(encoded(), [{"label_name": "a"}])
    images.add(encoded(), [{"label_name": "b"}])
    images.add(encoded(), [{"label_name": "a"}], append_label=True)
    assert images.annotation().labels == ("a", "b")
    assert images.label_counts() == {"a": 1, "b": 1}
    images.add(encoded(), [{"label_name": "c"}], append_label=False)
    assert images.annotation().labels == ("c",)
    assert len(images.samples()) == 1
    assert {name: count for name, count in images.label_counts().items() if count} == {"c": 1}


def test_boxes_are_appended_each_once(desk: Desk) -> None:
    boxes = Set(desk, BOXES)
    boxes.add(encoded(), [box("bolt")])
    boxes.add(encoded(), [box("bolt"), box("nut", 30)])
    assert [region.label for region in boxes.annotation().regions] == ["bolt", "nut"]
    boxes.add(encoded(), [], append_label=False)
    assert boxes.annotation().is_empty
    assert boxes.samples()[0].labelled is False


def test_without_labels_an_existing_sample_keeps_what_it_has(desk: Desk) -> None:
    texts = Set(desk, TEXT)
    texts.add("rain", [{"label_name": "weather"}])
    texts.add("rain")
    assert texts.annotation().labels == ("weather",)
    texts.add("rain", append_label=False)
    assert texts.annotation().labels == ()


def test_a_one_label_sample_takes_the_newest_label(desk: Desk) -> None:
    texts = Set(desk, TEXT)
    texts.add("rain", [{"label_name": "weather"}])
    texts.add("rain", [{"label_name": "local"}])
    assert texts.annotation().labels == ("local",)


@pytest.mark.parametrize("pair", [ONE, TEXT, PAIR])
def test_a_one_label_template_takes_one_label(desk: Desk, pair: tuple[str, str]) -> None:
    content = {ONE: encoded(), TEXT: "text", PAIR: "a\tb"}[pair]
    given = [{"label_name": "0"}, {"label_name": "1"}]
    assert Set(desk, pair).refused(content, given) == (406001, "param[labels] invalid")


def test_a_pair_has_no_labels_but_similar_and_not(desk: Desk) -> None:
    pairs = Set(desk, PAIR)
    assert pairs.refused("a\tb", [{"label_name": "alike"}]) == (406005, "label not exist")
    assert pairs.samples() == []


@pytest.mark.parametrize("side", ["left", "top", "width", "height"])
@pytest.mark.parametrize("value", ["missing", None, "12", True, [1]])
def test_a_box_needs_all_four_numbers(desk: Desk, side: str, value: object) -> None:
    label = box("bolt")
    if value == "missing":
        del label[side]
    else:
        label[side] = value
    boxes = Set(desk, BOXES)
    assert boxes.refused(encoded(), [label]) == (406001, f"param[labels.{side}] invalid")
    assert boxes.samples() == []


@pytest.mark.parametrize(
    ("label", "field"),
    [
        (box("bolt", width=0), "labels.width"),
        (box("bolt", height=-3), "labels.height"),
        (box("bolt", left=1e300), "labels.left"),
        (box("bolt", left=500), "labels"),
        (box("bolt", top=-40), "labels"),
    ],
)
def test_a_box_without_an_inside_or_outside_of_the_image_is_refused(
    desk: Desk, label: dict[str, Any], field: str
) -> None:
    boxes = Set(desk, BOXES)
    assert boxes.refused(encoded(), [label]) == (406001, f"param[{field}] invalid")
    assert boxes.samples() == []


def test_five_hundred_boxes_are_taken_and_one_more_is_not(desk: Desk) -> None:
    boxes = Set(desk, BOXES)
    many = [box(f"l{n % 60}", n % 50, n % 30, 3 + n / 1000, 3) for n in range(501)]
    assert boxes.refused(encoded(), many) == (406001, "param[labels] invalid")
    boxes.add(encoded(), many[:500])
    assert len(boxes.annotation().regions) == 500
    assert sum(boxes.label_counts().values()) == 60


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no base64!",
        "data:image/jpeg;base64," + encoded(),
        base64.b64encode(b"no image").decode(),
        base64.b64encode(image_bytes("GIF", mode="P")).decode(),
        base64.b64encode(image_bytes()[:200]).decode(),
        encoded(size=(30, 60)),
        encoded(size=(100, 301)),
        encoded(size=(4096, 2000)),
        base64.b64encode(b"\xff" * (4 * 1024 * 1024 + 1)).decode(),
    ],
    ids=["empty", "no-base64", "data-url", "no-image", "gif", "cut", "small", "long", "large", "4MB"],
)
def test_an_image_that_breaks_a_rule_is_refused(desk: Desk, content: str) -> None:
    images = Set(desk, ONE)
    assert images.refused(content) == (406001, "param[entity_content] invalid")
    assert images.samples() == []


def test_base64_may_be_broken_into_lines(desk: Desk) -> None:
    images = Set(desk, ONE)
    images.add("\r\n".join(base64.encodebytes(image_bytes()).decode().splitlines()))
    assert len(images.samples()) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "IMAGE_CLASSIFY"}, "type"),
        ({"type": "DATA_TABLE_FORECASTING", "template_type": "DATA_TABLE_FORECASTING"}, "type"),
        ({"type": "OBJECT_DETECTION", "template_type": "OBJECT_DETECTION_RECTANGLE"}, "type"),
        ({"template_type": "IMAGE_CLASSIFICATION_MUL_LABEL"}, "template_type"),
        ({"entity_content": None}, "entity_content"),
        ({"entity_content": 5}, "entity_content"),
        ({"labels": {}}, "labels"),
        ({"labels": ["a"]}, "labels"),
        ({"append_label": "false"}, "append_label"),
        ({"append_label": 0}, "append_label"),
        ({"dataset_id": "1"}, "dataset_id"),
        ({"dataset_id": 0}, "dataset_id"),
        ({"dataset_id": True}, "dataset_id"),
    ],
)
def test_a_parameter_of_addentity_is_refused_by_its_name(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    images = Set(desk, ONE)
    assert desk.error("addentity", {**images.body(encoded()), **changes}) == (
        406001,
        f"param[{field}] invalid",
    )


def test_item_124_an_unknown_version_and_the_id_of_a_dataset_do_not_exist(desk: Desk) -> None:
    images = Set(desk, ONE)
    for unknown in (1, 2**53 - 1, images.made["dataset_group_id"]):
        assert desk.error("addentity", {**images.body(encoded()), "dataset_id": unknown}) == (
            406002,
            "dataset not exist",
        )


@pytest.mark.parametrize(
    ("state", "code"), [(VersionState.IMPORTING, 406004), (VersionState.SMART_LABELLING, 406007)]
)
def test_item_124_nothing_is_added_while_others_work_on_the_version(
    desk: Desk, state: VersionState, code: int
) -> None:
    images = Set(desk, ONE)
    desk.world.table.update_item(
        Key=version_item_key(images.key),
        UpdateExpression="SET #state = :state",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":state": state.value},
    )
    assert images.refused(encoded(), [{"label_name": "a"}])[0] == code
    assert images.samples() == []


def test_the_same_content_at_once_is_added_once_with_all_labels(desk: Desk) -> None:
    images = Set(desk, SEVERAL)
    names = [f"l{n}" for n in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda name: images.add(encoded(), [{"label_name": name}]), names))
    assert len(images.samples()) == 1
    assert sorted(images.annotation().labels) == names
    assert images.label_counts() == dict.fromkeys(names, 1)
    assert images.detail()["rows"] == 1


def test_different_contents_at_once_are_all_added_and_counted(desk: Desk) -> None:
    texts = Set(desk, TEXT)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: texts.add(f"text {n}", [{"label_name": f"l{n % 2}"}]), range(24)))
    assert sorted(sample.texts[0] for sample in texts.samples()) == sorted(f"text {n}" for n in range(24))
    assert texts.label_counts() == {"l0": 12, "l1": 12}
    version = desk.world.datasets.version(texts.key)
    assert (version.sample_count, version.labelled_count) == (24, 24)
    state = Facet.state(AnnotationState.UNLABELLED)
    assert desk.world.samples.page(texts.key, state, limit=9, position=None)[0] == []


def test_a_dataset_that_was_not_deduplicated_keeps_every_copy(desk: Desk) -> None:
    key = desk.world.dataset("copies", "text_classification", deduplicated=False)
    version = desk.world.datasets.version(key)
    body = {
        "dataset_id": version.version_id,
        "type": TEXT[0],
        "template_type": TEXT[1],
        "entity_content": "rain",
    }
    for _ in range(3):
        desk.ok("addentity", body)
    assert desk.world.datasets.version(key).sample_count == 3


def test_an_image_that_an_import_brought_gets_its_labels_there(desk: Desk) -> None:
    images = Set(desk, ONE)
    desk.world.imported(images.key, archive(labelled_pairs(2)))
    images.add(encoded(1), [{"label_name": "horse"}])
    images.add(encoded(7), [{"label_name": "cat"}])
    assert len(images.samples()) == 3
    assert desk.world.datasets.version(images.key).sample_count == 3
    assert {name: count for name, count in images.label_counts().items() if count} == {
        "cat": 2,
        "horse": 1,
    }


def test_an_import_takes_what_was_added_for_a_duplicate(desk: Desk) -> None:
    images = Set(desk, ONE)
    images.add(encoded(1), [{"label_name": "horse"}])
    ended = desk.world.imported(images.key, archive(labelled_pairs(2)))
    assert (ended.accepted, ended.duplicate) == (1, 1)
    assert desk.world.datasets.version(images.key).sample_count == 2


def test_what_was_added_goes_with_its_dataset_and_gives_its_volume_back(desk: Desk) -> None:
    images = Set(desk, ONE)
    for seed in range(3):
        images.add(encoded(seed), [{"label_name": "a"}])
    volume = {"pk": "account#1#us-east-1", "sk": "volume"}
    assert desk.world.table.get_item(Key=volume)["Item"]["images"] == 3
    desk.ok("deleteDataset", {"dataset_group_id": images.made["dataset_group_id"]})
    desk.carried_out()
    assert desk.world.table.get_item(Key=volume)["Item"]["images"] == 0
    left = [item for item in desk.world.table.scan()["Items"] if not item["pk"].startswith("mark#")]
    assert {item["pk"].split("#")[0] for item in left} <= {"account", "project"}


def test_an_image_at_the_limit_of_the_gateway_fits(desk: Desk) -> None:
    """4 MB as Base64 and its event stay below the six megabytes that a function takes."""
    largest = json.dumps(Set(desk, ONE).body("x" * (4 * 1024 * 1024 // 3 * 4)))
    assert len(json.dumps({"body": largest})) < 6 * 1024 * 1024 - 10_000


@pytest.mark.parametrize("place", ["volume", "volume#7"])
def test_item_124_over_the_quota_of_account_or_user_nothing_is_added(desk: Desk, place: str) -> None:
    images = Set(desk, ONE)
    images.add(encoded(1))
    desk.world.table.put_item(Item={"pk": "account#1#us-east-1", "sk": place, "images": 200_000})
    assert images.refused(encoded(2)) == (406008, "quota exceeded")
    assert len(images.samples()) == 1
    images.add(encoded(1), [{"label_name": "known"}])  # what is there already takes no room


def test_item_124_over_the_quota_of_a_dataset_nothing_is_added(desk: Desk) -> None:
    texts = Set(desk, TEXT)
    texts.add("first")
    desk.world.table.update_item(
        Key=version_item_key(texts.key),
        UpdateExpression="SET sample_count = :full",
        ExpressionAttributeValues={":full": 100_000},
    )
    assert texts.refused("second") == (406008, "quota exceeded")
