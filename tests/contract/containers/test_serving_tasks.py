"""What the serving image answers for each image task, on models whose right answer is known to the pixel."""

import io
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from openbml_client import decode_mask
from tests.contract.containers.conftest import drawing, file_of
from tests.contract.containers.environments import (
    Server,
    make_models,
    refusal_to_serve,
    servers_of,
    serving,
)
from tests.contract.containers.prediction_bodies import (
    BASE64_INVALID,
    INVALID_ARGUMENT,
    JSON_INVALID,
    MISSING,
    SIZE_INVALID,
    UNDECODABLE,
    body,
    bomb,
    sized,
)

pytestmark = pytest.mark.contract

Box = tuple[int, int, int, int]
Serve = Callable[[str], Server]

TASKS = ["multi_label", "detection", "instance_input", "semantic"]
SQUARE = 64  # side of what the models see
BLACK = file_of(Image.new("RGB", (80, 80)))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_models("deep", "tiny_models.py", tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def serve(models: Path) -> Iterator[Serve]:
    with servers_of(models) as server:
        yield server


def lit(width: int, height: int, box: Box, mode: str = "RGB") -> Image.Image:
    """A black picture with a white rectangle, the models' object."""
    picture = Image.new("RGB", (width, height))
    picture.paste("white", box)
    return picture.convert(mode)


def refused(models: Path, name: str, **more: str) -> str:
    """Return what a server that cannot set its model up says."""
    return refusal_to_serve(models / name, **more)


def box_of(location: dict[str, float]) -> list[float]:
    left, top = location["left"], location["top"]
    return [left, top, left + location["width"], top + location["height"]]


def drawn_box(pixels: bytes, width: int, height: int) -> list[int]:
    picture = Image.frombytes("L", (width, height), pixels)
    box = picture.getbbox()
    assert box is not None
    return list(box)


def edge(width: int, height: int) -> float:
    """Return how far scaling may move an edge, pixels of the picture: one of the square, or half of one."""
    return 1.01 * max(max(width, height) / SQUARE, 0.6)


PLACES: list[tuple[int, int, Box]] = [
    (64, 64, (10, 20, 30, 50)),
    (200, 100, (40, 20, 120, 80)),
    (100, 200, (20, 40, 80, 180)),
    (1000, 750, (0, 0, 500, 300)),
    (4096, 3000, (1000, 500, 4096, 3000)),
    (15, 15, (3, 3, 12, 12)),
]


class TestDetection:
    @pytest.mark.parametrize(("width", "height", "box"), PLACES)
    def test_a_location_is_in_pixels_of_the_picture_that_was_sent(
        self, serve: Serve, width: int, height: int, box: Box
    ) -> None:
        reply = serve("detection").post(body(file_of(lit(width, height, box))))
        assert [row["name"] for row in reply["results"]] == ["lamp"]
        assert reply["results"][0]["score"] == pytest.approx(0.8)
        location = reply["results"][0]["location"]
        assert box_of(location) == pytest.approx(box, abs=edge(width, height))

    def test_a_turned_photograph_is_answered_as_it_is_seen(self, serve: Serve) -> None:
        upright = lit(120, 90, (60, 10, 110, 40))
        exif = Image.Exif()
        exif[0x0112] = 6
        turned = io.BytesIO()
        upright.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG", exif=exif)
        assert serve("detection").post(body(turned.getvalue())) == serve("detection").post(
            body(file_of(upright))
        )

    @pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "I;16"])
    def test_every_colour_mode_is_answered(self, serve: Serve, mode: str) -> None:
        if mode == "I;16":
            picture = Image.new("I;16", (80, 80))
            picture.paste(65535, (20, 20, 60, 60))
        else:
            picture = lit(80, 80, (20, 20, 60, 60), mode)
        (found,) = serve("detection").post(body(file_of(picture)))["results"]
        assert box_of(found["location"]) == pytest.approx([20, 20, 60, 60], abs=2.5)

    @pytest.mark.parametrize(
        ("threshold", "names"),
        [
            (None, ["lamp"]),
            (0, ["lamp", "window"]),
            ("0.1", ["lamp", "window"]),
            (0.3001, ["lamp"]),
            (0.9, []),
            (1, []),
        ],
    )
    def test_results_above_the_threshold_are_answered(
        self, serve: Serve, threshold: object, names: list[str]
    ) -> None:
        reply = serve("detection").post(body(file_of(lit(64, 64, (8, 8, 40, 40))), threshold=threshold))
        assert [row["name"] for row in reply["results"]] == names

    def test_where_nothing_is_found_there_are_no_results(self, serve: Serve) -> None:
        assert serve("detection").post(body(BLACK)) == {"results": []}

    def test_a_model_evaluated_in_tiles_is_served_in_tiles(self, serve: Serve) -> None:
        picture = lit(400, 100, (10, 10, 40, 40))
        picture.paste("white", (355, 50, 390, 90))
        both, *each = sorted(
            (box_of(row["location"]) for row in serve("tiles").post(body(file_of(picture)))["results"]),
            key=lambda box: box[0] - box[2],
        )
        assert both == pytest.approx([10, 10, 390, 90], abs=edge(400, 100))  # the whole picture has one box
        pixel = edge(100, 100)
        assert each[0] == pytest.approx([355, 50, 390, 90], abs=pixel)
        assert each[1] == pytest.approx([10, 10, 40, 40], abs=pixel)

    def test_a_model_of_one_label_serves(self, serve: Serve) -> None:
        reply = serve("one_label").post(body(file_of(lit(64, 64, (8, 8, 40, 40))), threshold=0))
        assert [row["name"] for row in reply["results"]] == ["lamp", "lamp"]
        assert serve("one_label").post(body(BLACK)) == {"results": []}


class TestInstanceSegmentation:
    @pytest.mark.parametrize("model", ["instance_input", "instance_box"])
    @pytest.mark.parametrize(("width", "height", "box"), PLACES)
    def test_a_mask_has_the_size_of_the_picture_and_covers_the_object(
        self, serve: Serve, model: str, width: int, height: int, box: Box
    ) -> None:
        (found,) = serve(model).post(body(file_of(lit(width, height, box))))["results"]
        pixels = decode_mask(found["mask"], width, height)
        assert set(pixels) == {0, 1}
        assert drawn_box(pixels, width, height) == pytest.approx(list(box), abs=2 * edge(width, height))
        assert box_of(found["location"]) == pytest.approx(box, abs=edge(width, height))
        assert sum(pixels) == pytest.approx((box[2] - box[0]) * (box[3] - box[1]), rel=0.4)

    def test_each_object_has_its_mask(self, serve: Serve) -> None:
        picture = file_of(lit(64, 64, (8, 8, 40, 40)))
        results = serve("instance_input").post(body(picture, threshold=0.1))["results"]
        assert [row["name"] for row in results] == ["lamp", "window"]
        assert results[0]["mask"] == results[1]["mask"]

    def test_where_nothing_is_found_there_are_no_results(self, serve: Serve) -> None:
        assert serve("instance_box").post(body(BLACK)) == {"results": []}


class TestSemanticSegmentation:
    @pytest.mark.parametrize(("width", "height", "box"), PLACES)
    def test_a_label_that_occurs_is_answered_with_its_pixels(
        self, serve: Serve, width: int, height: int, box: Box
    ) -> None:
        (found,) = serve("semantic").post(body(file_of(lit(width, height, box))))["results"]
        assert found["name"] == "lamp"
        assert 0.6 < found["score"] <= 0.8001  # 0.8 inside, less where scaling mixes it with the ground
        assert set(found) == {"name", "score", "mask"}
        drawn = drawn_box(decode_mask(found["mask"], width, height), width, height)
        assert drawn == pytest.approx(list(box), abs=2 * edge(width, height))

    def test_labels_that_do_not_occur_are_not_answered(self, serve: Serve) -> None:
        assert serve("semantic").post(body(BLACK)) == {"results": []}

    def test_a_label_below_the_threshold_is_left_out(self, serve: Serve) -> None:
        picture = file_of(lit(64, 64, (8, 8, 40, 40)))
        assert serve("semantic").post(body(picture, threshold=0.95)) == {"results": []}


class TestMultiLabel:
    @pytest.mark.parametrize(
        ("colour", "threshold", "names"),
        [
            ((255, 180, 0), None, ["red", "green"]),
            ((180, 255, 0), None, ["green", "red"]),
            ((255, 180, 60), 0.1, ["red", "green", "blue"]),
            ((255, 180, 0), "0.75", ["red"]),
            ((255, 180, 0), 0, ["red", "green"]),
            ((0, 0, 0), None, []),
            ((255, 255, 255), 1, []),
        ],
    )
    def test_all_labels_above_the_threshold_are_answered_the_most_certain_first(
        self, serve: Serve, colour: tuple[int, int, int], threshold: object, names: list[str]
    ) -> None:
        picture = file_of(Image.new("RGB", (40, 30), colour))
        results = serve("multi_label").post(body(picture, threshold=threshold))["results"]
        assert [row["name"] for row in results] == names

    def test_top_num_is_none_of_its_fields(self, serve: Serve) -> None:
        picture = file_of(Image.new("RGB", (40, 30), (255, 180, 60)))
        sent = body(picture, threshold=0.1, top_num=1)
        assert len(serve("multi_label").post(sent)["results"]) == 3


GOOD = file_of(drawing("disc", 1), "JPEG")


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        pytest.param(body(GOOD, threshold=value), INVALID_ARGUMENT, id=f"threshold {value!r}")
        for value in (-0.1, 1.1, "x", "nan", "1e400", True, [], {})
    ]
    + [
        pytest.param(b'{"image": ', JSON_INVALID, id="cut off"),
        pytest.param(b'{"image": "\xff\xfe"}', UNDECODABLE, id="not UTF-8"),
        pytest.param(b'["image"]', INVALID_ARGUMENT, id="a list"),
        pytest.param(b'{"image": 5}', INVALID_ARGUMENT, id="a number"),
        pytest.param(b'{"threshold": 0.5}', MISSING, id="no image"),
        pytest.param(b'{"threshold": 7}', INVALID_ARGUMENT, id="no image and a wrong threshold"),
        pytest.param(b'{"image": "data:image/png;base64,QUJD"}', BASE64_INVALID, id="a data header"),
        pytest.param(b'{"image": "%s"}' % (b"A" * 4_194_308), SIZE_INVALID, id="over 4M"),
        pytest.param(body(b"%PDF-1.4"), UNDECODABLE, id="a PDF"),
        pytest.param(body(file_of(drawing("disc", 1), "GIF")), UNDECODABLE, id="a GIF"),
        pytest.param(body(GOOD[:300]), UNDECODABLE, id="half a JPEG"),
        pytest.param(body(sized(10, 10)), SIZE_INVALID, id="10 pixels"),
        pytest.param(body(sized(5000, 20)), SIZE_INVALID, id="5000 pixels"),
        pytest.param(body(bomb()), SIZE_INVALID, id="a bomb"),
    ],
)
def test_a_wrong_body_is_answered_alike_by_every_task(
    serve: Serve, task: str, sent: bytes, answer: dict[str, Any]
) -> None:
    assert serve(task).post(sent) == answer


@pytest.mark.parametrize("task", TASKS)
def test_another_content_type_is_an_invalid_argument(serve: Serve, task: str) -> None:
    assert serve(task).post(body(GOOD), "application/x-www-form-urlencoded") == INVALID_ARGUMENT


@pytest.mark.parametrize("task", ["detection", "instance_input", "semantic"])
def test_parallel_requests_get_their_own_answers(serve: Serve, task: str) -> None:
    boxes: list[Box] = [(4 * index, 3 * index, 4 * index + 20, 3 * index + 15) for index in range(1, 9)]
    bodies = [body(file_of(lit(90, 70, box)), threshold=0) for box in boxes]
    alone = [serve(task).post(sent) for sent in bodies]
    with ThreadPoolExecutor(8) as clients:
        together = list(clients.map(serve(task).post, bodies * 4))
    assert together == alone * 4
    assert len({json.dumps(answer) for answer in alone}) == len(boxes)


def test_a_model_whose_answer_is_no_number_has_an_internal_error(serve: Serve) -> None:
    assert serve("logarithms").post(body(BLACK)) == {"error_code": 336000, "error_msg": "Internal error"}
    white = file_of(Image.new("RGB", (80, 80), "white"))
    assert serve("logarithms").post(body(white, threshold=0)) == {"results": []}


class TestSettingUp:
    def test_the_variant_that_a_deployment_names_answers(self, models: Path) -> None:
        with serving(models / "detection", OPENBML_MODEL_VARIANT="int8") as running:
            assert len(running.post(body(file_of(lit(64, 64, (8, 8, 40, 40)))))["results"]) == 1

    def test_a_variant_that_the_model_does_not_have_is_told(self, models: Path) -> None:
        assert "the model has no variant fp16, it has fp32, int8" in refused(
            models, "detection", OPENBML_MODEL_VARIANT="fp16"
        )

    def test_a_model_whose_graph_is_of_another_task_is_told(self, models: Path) -> None:
        assert "the model gives scores, the task needs objects" in refused(models, "wrong")
