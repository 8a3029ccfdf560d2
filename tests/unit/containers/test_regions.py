"""What of a snapshot's regions detection and segmentation can use, and what they are as pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from openbml_deep.tasks.drawn_regions import class_map, drawn
from openbml_deep.tasks.objects import IGNORED, AnnotatedImage, Region
from openbml_deep.tasks.regions import RegionReader
from openbml_deep.tasks.semantic_segmentation.options import balanced_weights
from openbml_deep.tasks.training_scenes import TrainingScenes, with_class_map, with_masks
from openbml_kit.faults import PlatformFault
from openbml_kit.snapshots import Extent, SampleDocument

LABELS = ["cat", "dog"]
SQUARE = [[1, 1], [4, 1], [4, 3], [1, 3]]


def document(*regions: dict[str, Any], width: int = 6, height: int = 4) -> SampleDocument:
    return SampleDocument(sample_id=1, name="a.png", labels=[], width=width, height=height, regions=regions)


def box(x1: float, y1: float, x2: float, y2: float, label: str = "cat") -> dict[str, Any]:
    return {"label": label, "box": {"x1": x1, "y1": y1, "x2": x2, "y2": y2}}


def polygon(*rings: list[list[float]], label: str = "cat", **more: Any) -> dict[str, Any]:
    return {"label": label, "polygons": list(rings), **more}


def bitmap(counts: list[int], *, width: int = 6, height: int = 4, label: str = "dog") -> dict[str, Any]:
    return {"label": label, "mask": {"width": width, "height": height, "counts": counts}}


def told(reader: RegionReader) -> list[str]:
    notes: list[str] = []
    reader.tell(lambda _level, text: notes.append(text))
    return notes


class TestReading:
    def test_boxes_are_cut_at_the_images_border(self) -> None:
        classes, regions = RegionReader(LABELS, with_masks=False)(document(box(-3, 1, 2, 9, "dog")))
        assert classes == (1,)
        assert [region.box for region in regions] == [(0, 1, 2, 4)]

    def test_corners_in_another_order_are_the_same_box(self) -> None:
        _, regions = RegionReader(LABELS, with_masks=False)(document(box(5, 3, 1, 1)))
        assert regions[0].box == (1, 1, 5, 3)

    def test_an_outline_serves_detection_by_the_box_around_it(self) -> None:
        _, regions = RegionReader(LABELS, with_masks=False)(
            document(polygon(SQUARE), bitmap([5, 2, 2, 2, 13]))
        )
        assert [region.box for region in regions] == [(1, 1, 4, 3), (1, 1, 3, 3)]

    def test_rings_of_fewer_than_three_points_are_dropped_and_the_rest_stays(self) -> None:
        _, regions = RegionReader(LABELS, with_masks=True)(document(polygon([[0, 0], [5, 3]], SQUARE)))
        assert regions[0].polygons == ((1, 1, 4, 1, 4, 3, 1, 3),)
        assert regions[0].box == (1, 1, 4, 3)

    def test_crowds_are_told_by_cocos_attribute(self) -> None:
        reader = RegionReader(LABELS, with_masks=True)
        _, regions = reader(document(polygon(SQUARE), polygon(SQUARE, attributes={"iscrowd": 1})))
        assert [region.crowd for region in regions] == [False, True]

    @pytest.mark.parametrize(
        ("region", "with_masks", "reason"),
        [
            (box(2, 1, 2, 3), False, "lie outside their image or are less than a pixel wide or high"),
            (box(7, 1, 9, 3), False, "lie outside their image or are less than a pixel wide or high"),
            (polygon([[0, 0], [5, 3]]), True, "are outlines of fewer than three points"),
            (box(1, 1, 4, 3), True, "are boxes, this task needs outlines"),
            ({"label": "cat"}, False, "have neither a box nor an outline"),
            ({"label": "cat"}, True, "have neither a box nor an outline"),
            (bitmap([24]), True, "have neither a box nor an outline"),
            (bitmap([1, 1], width=2, height=1), True, "are bitmaps of another size than their image"),
            (box(1, 1, 4, 3, label=""), False, "have no label"),
            (box(1, 1, 4, 3, "cow"), False, "have labels that were not chosen for training"),
        ],
    )
    def test_what_cannot_be_used_is_left_out_and_told_once(
        self, region: dict[str, Any], with_masks: bool, reason: str
    ) -> None:
        reader = RegionReader(LABELS, with_masks=with_masks)
        assert reader(document(region, region)) == ((), ())
        assert told(reader) == [f"2 regions are left out: they {reason}, first in a.png"]
        assert told(reader) == []

    def test_an_image_without_regions_has_none(self) -> None:
        assert RegionReader(LABELS, with_masks=True)(document()) == ((), ())

    def test_a_region_of_another_form_is_the_platforms(self) -> None:
        with pytest.raises(PlatformFault, match=r"a region of sample a\.png is malformed"):
            RegionReader(LABELS, with_masks=False)(document({"label": "cat", "box": [1, 2, 3, 4]}))


def image(*regions: Region, path: Path = Path("none"), size: int = 0) -> AnnotatedImage:
    return AnnotatedImage("1", "a.png", Extent(path, 0, size), "", 6, 4, (), regions)


def rectangle(class_index: int, x1: float, y1: float, x2: float, y2: float, *, crowd: bool = False) -> Region:
    ring = (x1, y1, x2, y1, x2, y2, x1, y2)
    return Region(class_index, (x1, y1, x2, y2), polygons=(ring,), crowd=crowd)


class TestDrawing:
    def test_regions_of_any_form_scale_with_their_image(self) -> None:
        as_bitmap = Region(0, (2, 0, 4, 2), mask_counts=(8, 2, 2, 2, 10))
        for region in (rectangle(0, 2, 0, 4, 2), as_bitmap):
            assert drawn(region, image(), 6, 4)[:2, 2:4].all()
            assert drawn(region, image(), 6, 4).sum() == 4
            assert drawn(region, image(), 12, 8)[:4, 4:8].all()
            assert drawn(region, image(), 12, 8).sum() == 16
            assert drawn(region, image(), 3, 2).tolist() == [[False, True, False], [False, False, False]]

    def test_later_regions_lie_over_earlier_ones_and_the_rest_is_background(self) -> None:
        both = image(rectangle(0, 0, 0, 4, 4), rectangle(1, 2, 2, 6, 4))
        assert class_map(both, 6, 4).tolist() == [
            [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0], [1, 1, 2, 2, 2, 2], [1, 1, 2, 2, 2, 2],
        ]  # fmt: skip
        assert class_map(both, 3, 2).tolist() == [[1, 1, 0], [1, 2, 2]]

    def test_what_a_crowd_covers_counts_for_nothing(self) -> None:
        crowd = rectangle(0, 0, 0, 6, 4, crowd=True)
        assert class_map(image(crowd, rectangle(1, 0, 0, 1, 1)), 2, 1).tolist() == [[IGNORED, IGNORED]]
        assert class_map(image(crowd, rectangle(1, 0, 0, 1, 1)), 6, 4)[0].tolist() == [2, *[IGNORED] * 5]


class TestScenes:
    @pytest.fixture
    def picture(self, tmp_path: Path) -> Path:
        Image.fromarray(np.arange(72, dtype=np.uint8).reshape(4, 6, 3)).save(tmp_path / "a.png")
        return tmp_path / "a.png"

    def scenes(self, picture: Path, mark: Any, *regions: Region, budget_bytes: int = 10**6) -> TrainingScenes:
        annotated = image(*regions, path=picture, size=picture.stat().st_size)
        return TrainingScenes([annotated], mark, input_size=2, budget_bytes=budget_bytes)

    def test_images_are_no_larger_than_training_can_show_and_masks_fit_them(self, picture: Path) -> None:
        scene = self.scenes(picture, with_masks, rectangle(1, 0, 0, 2, 4), rectangle(0, 2, 0, 6, 2))[0]
        assert scene.image.size == (3, 2)
        assert scene.classes == (1, 0)
        assert scene.boxes == ((0, 0, 1, 2), (1, 0, 3, 1))
        assert [np.asarray(mask).tolist() for mask in scene.masks] == [
            [[255, 0, 0], [255, 0, 0]], [[0, 255, 255], [0, 0, 0]],
        ]  # fmt: skip

    def test_crowds_and_regions_without_a_pixel_are_no_objects(self, picture: Path) -> None:
        crowd, thin = rectangle(0, 0, 0, 4, 4, crowd=True), rectangle(0, 2.0, 0, 2.9, 4)
        assert self.scenes(picture, with_masks, crowd, thin)[0].masks == ()

    def test_a_map_has_the_images_size(self, picture: Path) -> None:
        class_map = self.scenes(picture, with_class_map, rectangle(1, 0, 0, 2, 4))[0].class_map
        assert class_map is not None
        assert np.asarray(class_map).tolist() == [[2, 0, 0], [2, 0, 0]]

    def test_an_image_is_decoded_once_while_the_budget_lasts(self, picture: Path) -> None:
        kept, not_kept = self.scenes(picture, with_masks), self.scenes(picture, with_masks, budget_bytes=23)
        first = (kept[0].image, not_kept[0].image)
        assert kept[0].image is first[0]
        assert not_kept[0].image is not first[1]


def test_rare_classes_weigh_more_and_absent_ones_as_much_as_any() -> None:
    halves = image(rectangle(0, 0, 0, 3, 4), rectangle(1, 0, 0, 0.75, 1))
    background, large, small, absent = balanced_weights([halves], 3)
    assert small == 10.0
    assert 0.5 < background < large <= 1.2
    assert absent == 1.0
