"""What an annotation of each kind may hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbml_catalog.datasets import LabelRule, dataset_kinds
from openbml_formats.annotation_rules import Remark, checked_annotation
from openbml_formats.annotations import Annotation, Box, Mask, Region, Span
from openbml_formats.label_names import adapted_label, checked_label
from openbml_formats.records import AnnotationError, Severity
from openbml_formats.tag_schemes import TagScheme

SQUARE = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.0))


def taken(annotation: Annotation, kind: str, **about: object) -> tuple[Annotation, list[Remark]]:
    return checked_annotation(annotation, dataset_kinds()[kind], **about)  # type: ignore[arg-type]


def refused(annotation: Annotation, kind: str, **about: object) -> tuple[str, str]:
    with pytest.raises(AnnotationError) as caught:
        taken(annotation, kind, **about)
    return caught.value.reason, str(caught.value)


def boxed(x1: float, y1: float, x2: float, y2: float) -> Annotation:
    return Annotation(regions=(Region(label="a", box=Box(x1=x1, y1=y1, x2=x2, y2=y2)),))


def test_each_kind_takes_its_own_members_only() -> None:
    classes, box = Annotation(labels=("a",)), boxed(0, 0, 1, 1)
    assert refused(classes, "object_detection")[0] == "annotation_form"
    assert refused(box, "image_classification")[0] == "annotation_form"
    assert refused(box, "table")[0] == "annotation_form"
    for kind in dataset_kinds():
        assert taken(Annotation(), kind) == (Annotation(), [])


def test_a_single_label_kind_takes_one_label_once() -> None:
    assert refused(Annotation(labels=("a", "b")), "image_classification")[0] == "several_labels"
    assert taken(Annotation(labels=("a", "a")), "image_classification")[0].labels == ("a",)
    assert taken(Annotation(labels=("a", "b")), "image_classification_multi_label")[0].labels == ("a", "b")


def test_500_boxes_are_taken_and_501_are_refused_with_both_numbers() -> None:
    many = boxed(0, 0, 1, 1).regions * 500
    assert len(taken(Annotation(regions=many), "object_detection")[0].regions) == 500
    reason, message = refused(Annotation(regions=(*many, many[0])), "object_detection")
    assert reason == "too_many_regions"
    assert "501" in message
    assert "500" in message


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((5, 1, 5, 9), "box_degenerate"),
        ((9, 1, 5, 9), "box_degenerate"),
        ((1, 9, 5, 9), "box_degenerate"),
        ((100, 1, 120, 9), "box_outside"),
        ((-9, 1, 0, 9), "box_outside"),
        ((1, 50, 5, 60), "box_outside"),
    ],
)
def test_boxes_without_an_inside_or_outside_of_the_image_are_refused(
    box: tuple[float, float, float, float], reason: str
) -> None:
    assert refused(boxed(*box), "object_detection", width=100, height=50)[0] == reason


def test_a_box_over_the_edge_is_cut_and_told() -> None:
    annotation, remarks = taken(boxed(-3, 2, 101.5, 60), "object_detection", width=100, height=50)
    assert annotation == boxed(0, 2, 100, 50)
    assert [(remark.reason, remark.severity) for remark in remarks] == [("box_clipped", Severity.CHANGED)]
    problem = remarks[0].about("a.json", 3)
    assert (problem.file, problem.line, problem.reason) == ("a.json", 3, "box_clipped")


def test_a_box_at_the_edge_is_taken_as_it_is() -> None:
    assert taken(boxed(0, 0, 100, 50), "object_detection", width=100, height=50) == (boxed(0, 0, 100, 50), [])


def test_polygons_need_three_points_and_an_inside() -> None:
    def outline(*points: tuple[float, float]) -> Annotation:
        return Annotation(regions=(Region(label="a", polygons=(points,)),))

    kind, size = "instance_segmentation", {"width": 10, "height": 10}
    assert refused(outline((0, 0), (1, 1)), kind)[0] == "polygon_points"
    assert refused(outline((0, 0), (1, 1), (2, 2)), kind)[0] == "polygon_degenerate"
    assert refused(outline((20, 20), (30, 20), (30, 30)), kind, **size)[0] == "polygon_outside"
    annotation, remarks = taken(outline((0, 0), (12, 0), (12, 9)), kind, **size)
    assert annotation == outline((0, 0), (10, 0), (10, 9))
    assert [remark.reason for remark in remarks] == ["polygon_clipped"]
    assert refused(outline(*[(n % 9, n % 7) for n in range(20_001)]), kind)[0] == "region_points"


def test_masks_are_as_large_as_the_image_and_hold_a_pixel() -> None:
    def masked(*counts: int) -> Annotation:
        return Annotation(regions=(Region(label="a", mask=Mask(width=4, height=3, counts=counts)),))

    kind = "semantic_segmentation"
    assert taken(masked(5, 2, 5), kind, width=4, height=3) == (masked(5, 2, 5), [])
    assert refused(masked(5, 2, 5), kind, width=3, height=4)[0] == "mask_size"
    assert refused(masked(5, 2, 4), kind)[0] == "mask_size"
    assert refused(masked(12), kind)[0] == "mask_empty"


def test_a_shape_is_fitted_to_what_the_kind_keeps() -> None:
    polygon = Annotation(regions=(Region(label="a", polygons=(SQUARE,)),))
    annotation, remarks = taken(polygon, "object_detection")
    assert annotation == boxed(1, 1, 9, 9)
    assert [remark.reason for remark in remarks] == ["box_derived"]
    annotation, remarks = taken(boxed(1, 1, 9, 9), "instance_segmentation")
    assert annotation.regions[0].polygons == (((1, 1), (9, 1), (9, 9), (1, 9)),)
    assert [remark.reason for remark in remarks] == ["box_as_polygon"]
    assert refused(Annotation(regions=(Region(label="a"),)), "object_detection")[0] == "region_shape"
    assert refused(Annotation(regions=(Region(label="a"),)), "instance_segmentation")[0] == "region_shape"


def test_a_text_without_a_place_is_the_whole_images() -> None:
    annotation, _ = taken(Annotation(regions=(Region(text="x"),)), "ocr", width=20, height=5)
    assert annotation.regions[0].polygons == (((0, 0), (20, 0), (20, 5), (0, 5)),)
    assert refused(Annotation(regions=(Region(polygons=(SQUARE,)),)), "ocr")[0] == "region_text"


def test_spans_stand_in_the_text_as_they_say() -> None:
    def span(start: int, end: int, text: str) -> Annotation:
        return Annotation(spans=(Span(label="PER", start=start, end=end, text=text),))

    kind = "entity_extraction"
    assert taken(span(0, 4, "Anna"), kind, text="Anna lives")[1] == []
    assert refused(span(0, 4, "Bert"), kind, text="Anna lives")[0] == "span_text"
    assert refused(span(6, 40, "Bert"), kind, text="Anna lives")[0] == "span_range"
    assert refused(span(3, 3, ""), kind, text="Anna lives")[0] == "span_range"


def test_tags_are_as_many_as_tokens_and_legal_in_the_scheme() -> None:
    kind, tokens = "sequence_labelling", ["Anna", "lives"]
    good = Annotation(tags=("B-PER", "O"))
    assert taken(good, kind, tokens=tokens, tag_scheme=TagScheme.IOB) == (good, [])
    assert refused(Annotation(tags=("O",)), kind, tokens=tokens)[0] == "tag_count"
    assert (
        refused(Annotation(tags=("S-PER", "O")), kind, tokens=tokens, tag_scheme=TagScheme.IOB)[0]
        == "tag_illegal"
    )


def test_similarity_is_1_or_0() -> None:
    for name in ("0", "1"):
        assert taken(Annotation(labels=(name,)), "short_text_matching")[1] == []
    assert refused(Annotation(labels=("2",)), "short_text_matching")[0] == "label_name"


def test_foreign_label_names_are_adapted_once_for_all_where_that_is_wanted() -> None:
    regions = (*boxed(0, 0, 1, 1).regions, *boxed(0, 0, 2, 2).regions)
    annotation = Annotation(
        regions=tuple(one.model_copy(update={"label": "traffic light"}) for one in regions)
    )
    assert refused(annotation, "object_detection")[0] == "label_name"
    adapted, remarks = taken(annotation, "object_detection", adapt_labels=True)
    assert {region.label for region in adapted.regions} == {"traffic_light"}
    assert [remark.reason for remark in remarks] == ["label_renamed"]
    chinese = Annotation(regions=(regions[0].model_copy(update={"label": "裂纹"}),))
    assert refused(chinese, "object_detection", adapt_labels=True)[0] == "label_name"


@pytest.mark.parametrize(
    ("name", "rule", "adapted"),
    [
        ("a", LabelRule.IDENTIFIER, "a"),
        ("traffic light!", LabelRule.IDENTIFIER, "traffic_light_"),
        ("café", LabelRule.IDENTIFIER, "cafe"),
        ("裂纹", LabelRule.IDENTIFIER, None),
        ("!?", LabelRule.IDENTIFIER, None),
        ("", LabelRule.IDENTIFIER, None),
        ("creative-work", LabelRule.ALPHANUMERIC, "creativework"),
        ("两\t个", LabelRule.TEXT, "两 个"),
        ("yes", LabelRule.SIMILARITY, None),
    ],
)
def test_names_are_adapted_to_the_nearest_that_is_allowed(
    name: str, rule: LabelRule, adapted: str | None
) -> None:
    assert adapted_label(name, rule) == adapted


def test_long_names_that_begin_alike_stay_two() -> None:
    one, other = (
        adapted_label(f"a very long label name {end}", LabelRule.IDENTIFIER) for end in ("one", "two")
    )
    assert one != other
    assert one is not None
    assert len(one) == 20


@given(st.text(max_size=80), st.sampled_from(LabelRule))
def test_an_adapted_name_is_always_allowed_and_adapting_again_changes_nothing(
    name: str, rule: LabelRule
) -> None:
    adapted = adapted_label(name, rule)
    if adapted is not None:
        assert checked_label(adapted, rule) == adapted
        assert adapted_label(adapted, rule) == adapted
