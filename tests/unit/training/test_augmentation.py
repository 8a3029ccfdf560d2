"""The augmentation of a run: checked when it is asked for, handed to the job, shown before (checklist 7)."""

import base64
import io
import json
import time
from typing import Any

import pytest
from PIL import Image, ImageDraw
from pydantic import ValidationError

from openbml.core.errors import InvalidRequestError
from openbml.datasets.samples import SampleNotFoundError
from openbml.training.augmentation_previews import (
    AugmentationPreview,
    AugmentationPreviewRequest,
    preview_augmentation,
)
from openbml.training.run_requests import RunRequest, training_plan
from openbml.training.training_catalog import training_catalog
from openbml.training.training_data import SampleContent
from openbml_catalog.augmentation.settings import AugmentationMode, parse_augmentation
from openbml_formats.annotations import Annotation, Box, Region
from tests.fakes.compute_samples import SCOPE
from tests.fakes.training_memory import FakeTrainingData

TASK = "image_classification"


def plan_of(**changes: Any) -> dict[str, str]:
    asked: dict[str, Any] = {
        "training_data": [{"dataset_id": 1, "version_number": 1}],
        "network": "ResNet18_vd",
        "machine_type": "GPU_P4",
        "max_training_minutes": 60,
    }
    request = RunRequest.model_validate({**asked, **changes})
    return dict(training_plan(request, task_type=TASK, paid_billing=True).hyper_parameters)


class TestARequest:
    def test_without_one_the_job_is_told_the_default(self) -> None:
        assert parse_augmentation(plan_of()["augmentation"], TASK).mode is AugmentationMode.DEFAULT

    def test_a_manual_one_reaches_the_job_with_every_value(self) -> None:
        asked = {"mode": "manual", "operators": [{"name": "Rotate", "magnitude": [0, 20]}]}
        told = json.loads(plan_of(augmentation=asked)["augmentation"])
        assert told["operators"] == [{"name": "Rotate", "probability": 0.3, "magnitude": [0, 20]}]

    def test_a_search_has_a_time_that_leaves_some_for_training(self) -> None:
        told = json.loads(plan_of(augmentation={"mode": "auto"}, max_training_minutes=10)["augmentation"])
        assert told["search_minutes"] == 5
        told = json.loads(plan_of(augmentation={"mode": "auto"}, max_training_minutes=600)["augmentation"])
        assert told["search_minutes"] == 15
        with pytest.raises(InvalidRequestError, match=r"search_minutes.*below max_training_minutes"):
            plan_of(augmentation={"mode": "auto", "search_minutes": 10}, max_training_minutes=10)

    def test_one_of_another_task_is_refused_with_the_field(self) -> None:
        with pytest.raises(InvalidRequestError) as refused:
            plan_of(augmentation={"mode": "manual", "operators": [{"name": "Rotate_BBox"}]})
        assert refused.value.details["field"] == "augmentation.operators[0].name"
        assert "choose one of ShearX" in refused.value.details["reason"]

    @pytest.mark.parametrize("mode", ["auto", "default"])
    def test_a_search_that_ends_with_a_model_leaves_no_training_to_search_for(self, mode: str) -> None:
        asked = {"strategy": "evolutionary", "max_trials": 10, "sampling_percent": 50, "rounds": 5}
        changes = {
            "hyper_parameter_source": {"kind": "search", "search": asked},
            "augmentation": {"mode": mode},
        }
        if mode == "default":
            assert json.loads(plan_of(**changes)["augmentation"])["mode"] == "default"
            return
        with pytest.raises(InvalidRequestError) as refused:
            plan_of(**changes)
        assert refused.value.details["field"] == "augmentation.mode"

    def test_it_is_no_hyper_parameter_of_the_form(self) -> None:
        with pytest.raises(InvalidRequestError, match="is not a hyper-parameter here"):
            plan_of(hyper_parameters={"augmentation": "{}"})

    def test_an_unknown_member_is_refused(self) -> None:
        with pytest.raises(ValidationError, match=r"augmentation\.operators\.0\.strength"):
            plan_of(augmentation={"mode": "manual", "operators": [{"name": "Rotate", "strength": 1}]})


def test_forms_get_operators_with_ranges_methods_and_defaults() -> None:
    shown = training_catalog().augmentation
    rotate = next(row for row in shown.operators if row.name == "Rotate")
    assert rotate.magnitude is not None
    assert (rotate.magnitude.low, rotate.magnitude.high, rotate.magnitude.unit) == (0, 180, "degree")
    assert rotate.label_zh == "旋转"
    assert len(shown.operators) == 31
    assert [row.name for row in shown.mixing] == ["mix_up", "cut_mix", "mosaic"]
    assert {row.task for row in shown.defaults} == {task for row in shown.operators for task in row.tasks}


def photo(width: int = 640, height: int = 480, kind: str = "JPEG") -> bytes:
    """A white disc on a gradient."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    ImageDraw.Draw(image).ellipse((200, 100, 300, 200), fill=(255, 255, 255))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


DISC = Annotation(regions=(Region(label="disc", box=Box(x1=200, y1=100, x2=300, y2=200)),))


def preview(task: str = "object_detection", **changes: Any) -> AugmentationPreview:
    body: dict[str, Any] = {
        "task_type": task,
        "augmentation": {},
        "image": base64.b64encode(photo()).decode(),
        "annotation": None if task == TASK else DISC,
    }
    request = AugmentationPreviewRequest.model_validate({**body, **changes})
    return preview_augmentation(request, scope=SCOPE, data=FakeTrainingData())


def opened(address: str) -> Image.Image:
    kind, _, text = address.partition(",")
    assert kind == "data:image/jpeg;base64"
    return Image.open(io.BytesIO(base64.b64decode(text)))


class TestAPreview:
    def test_pictures_are_small_and_boxes_are_where_the_object_is(self) -> None:
        rotated = {
            "mode": "manual",
            "operators": [{"name": "Rotate_BBox", "probability": 1, "magnitude": [20, 20]}],
        }
        shown = preview(augmentation=rotated, count=6)
        assert len(shown.pictures) == 6
        for picture in shown.pictures:
            image = opened(picture.image_url)
            assert max(image.size) <= 400
            assert [(done.name, done.magnitude) for done in picture.operators] == [("Rotate_BBox", 20)]
            for region in picture.annotation.regions:
                assert region.label == "disc"
                assert region.box is not None
                middle = ((region.box.x1 + region.box.x2) / 2, (region.box.y1 + region.box.y2) / 2)
                scale = image.width / picture.width
                assert min(image.getpixel((round(middle[0] * scale), round(middle[1] * scale)))) > 200
        assert any(picture.annotation.regions for picture in shown.pictures)

    def test_the_original_is_shown_with_its_boxes(self) -> None:
        original = preview().original
        assert (original.width, original.height) == (640, 480)
        assert original.annotation == DISC

    def test_the_same_seed_shows_the_same(self) -> None:
        assert preview(seed=3) == preview(seed=3)
        assert preview(seed=3).pictures != preview(seed=4).pictures

    def test_masks_move_with_the_picture(self) -> None:
        ring = ((200, 100), (300, 100), (300, 200), (200, 200))
        marked = Annotation(regions=(Region(label="disc", polygons=(ring,)),))
        shifted = {
            "mode": "manual",
            "flip": "none",
            "operators": [{"name": "TranslateX_BBox", "probability": 1}],
        }
        for picture in preview("instance_segmentation", annotation=marked, augmentation=shifted).pictures:
            for region in picture.annotation.regions:
                assert region.mask is not None
                assert (region.mask.width, region.mask.height) == (picture.width, picture.height)

    def test_classification_shows_random_parts_of_the_networks_size(self) -> None:
        shown = preview(TASK, input_size=64)
        assert {(picture.width, picture.height) for picture in shown.pictures} == {(64, 64)}
        assert shown.pictures[0].operators == ()

    def test_a_sample_of_a_dataset_is_shown_with_its_own_annotation(self) -> None:
        data = FakeTrainingData()
        data.contents[1, 2, 3] = SampleContent(name="a.png", data=photo(kind="PNG"), annotation=DISC)
        body = {"task_type": "object_detection", "augmentation": {"mode": "none"}, "count": 1}
        sample = {"dataset_id": 1, "version_number": 2, "sample_id": 3}
        request = AugmentationPreviewRequest.model_validate({**body, "sample": sample})
        (picture,) = preview_augmentation(request, scope=SCOPE, data=data).pictures
        (region,) = picture.annotation.regions
        assert region.box == Box(x1=160, y1=80, x2=240, y2=160)  # 640 pixels are shown in 512
        gone = AugmentationPreviewRequest.model_validate({**body, "sample": {**sample, "sample_id": 4}})
        with pytest.raises(SampleNotFoundError):
            preview_augmentation(gone, scope=SCOPE, data=data)

    def test_a_picture_with_transparency_lies_on_white(self) -> None:
        out = io.BytesIO()
        Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
        shown = preview(TASK, image=base64.b64encode(out.getvalue()).decode(), augmentation={"mode": "none"})
        assert opened(shown.original.image_url).getpixel((25, 25)) == (255, 255, 255)

    def test_pictures_with_all_operators_are_answered_within_two_seconds(self) -> None:
        operators = [
            {"name": row.name, "probability": 1} for row in training_catalog().augmentation.operators
        ]
        offered = [row for row in operators if "BBox" in row["name"] or row["name"] == "Equalize"]
        started = time.process_time()
        preview(augmentation={"mode": "manual", "operators": offered})
        assert time.process_time() - started < 2

    @pytest.mark.parametrize(
        ("changes", "field", "says"),
        [
            ({"task_type": "ocr"}, "task_type", "must be one of image_classification"),
            ({"augmentation": {"mode": "auto"}}, "augmentation.mode", "before a run has searched"),
            ({"augmentation": {"mode": "manual"}}, "augmentation.operators", "at least one"),
            ({"image": None}, "image", "either an image or a sample"),
            ({"sample": {"dataset_id": 1, "version_number": 1, "sample_id": 1}}, "image", "either"),
            ({"image": "?!"}, "image", "base64"),
            ({"image": base64.b64encode(b"no picture").decode()}, "image", "not a jpg, png or bmp"),
            ({"image": base64.b64encode(photo()[:2000]).decode()}, "image", "damaged"),
        ],
    )
    def test_what_cannot_be_shown_is_refused_with_the_field(
        self, changes: dict[str, Any], field: str, says: str
    ) -> None:
        with pytest.raises(InvalidRequestError) as refused:
            preview(**changes)
        assert refused.value.details["field"] == field
        assert says in refused.value.details["reason"]

    def test_more_than_twelve_pictures_are_not_made(self) -> None:
        with pytest.raises(ValidationError, match="count"):
            preview(count=13)
