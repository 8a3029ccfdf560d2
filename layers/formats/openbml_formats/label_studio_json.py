"""One task of Label Studio's JSON export: what its results say of an image or a text."""

from collections.abc import Iterator, Mapping
from typing import Any

from openbml_catalog.datasets import AnnotationForm, Content, DatasetKind
from openbml_formats.annotations import Annotation, Box, Mask, Region, Ring
from openbml_formats.geometry import PixelBudget, corners, ellipse, ring_of_pairs, turned
from openbml_formats.json_values import number, text_value
from openbml_formats.label_studio_rle import RunLengthError, mask_of
from openbml_formats.pairing import is_image
from openbml_formats.records import AnnotationError
from openbml_formats.region_rules import check_region_count
from openbml_formats.spans import FoundSpan

_DIGITS = 9
_SHAPES = ("rectangle", "polygon", "brush", "ellipse")
_LABELS = (*(f"{shape}labels" for shape in _SHAPES), "labels", "choices")
_TOOLS = frozenset({*_SHAPES, *_LABELS, "textarea"})
_UNREAD = frozenset({"keypoint", "keypointlabels", "vector", "vectorlabels", "magicwand", "video"})
_LARGEST_SIDE = 100_000


def content_of(task: Any, kind: DatasetKind) -> str:
    """Return the text of a task, or where its image is. Raises AnnotationError."""
    data = task.get("data") if isinstance(task, dict) else None
    if not isinstance(data, dict):
        raise AnnotationError("annotation_shape", 'has a task without "data"')
    told = {name: value for name, value in data.items() if isinstance(value, str)}
    if kind.content is Content.IMAGE:
        found = told.get("image") or next((value for value in told.values() if is_image(value)), None)
    else:
        found = told.get("text") or next(iter(told.values()), None)
    if found is None:
        raise AnnotationError("annotation_shape", f'has a task without {kind.content.value} in its "data"')
    return found


def counted_annotations(task: Mapping[str, Any]) -> list[list[Any]]:
    """Return the results of each annotation that was not cancelled. Raises AnnotationError."""
    annotations = task.get("annotations", task.get("completions", []))
    if not isinstance(annotations, list) or not all(isinstance(one, dict) for one in annotations):
        raise AnnotationError("annotation_shape", 'has "annotations" that are not a list of objects')
    counted = [one.get("result", []) for one in annotations if not one.get("was_cancelled")]
    if not all(isinstance(results, list) for results in counted):
        raise AnnotationError("annotation_shape", 'has a "result" that is not a list')
    return counted


def classes_in(results: list[Any]) -> list[str]:
    """Return the names of choices, in their order. Raises AnnotationError."""
    return [name for result in _merged(results) for name in _names(result, ("choices",))]


def spans_in(results: list[Any], text: str) -> list[FoundSpan]:
    """Return the marked stretches of a text. Raises AnnotationError."""
    return [span for result in _merged(results) for span in _spans(result, text)]


def annotation_of(results: list[Any], kind: DatasetKind) -> Annotation:
    """Return what the results of one annotation say of an image. Raises AnnotationError."""
    if kind.annotation_form is AnnotationForm.CLASSES:
        return Annotation(labels=tuple(classes_in(results)))
    merged = list(_merged(results))
    check_region_count(len(merged), kind)
    budget = PixelBudget()
    return Annotation(regions=tuple(region for result in merged for region in _regions(result, budget)))


class _Result(dict[str, Any]):
    """The members of all results of one id: shape, labels and text are told one by one."""


def _merged(results: list[Any]) -> Iterator[_Result]:
    by_id: dict[str, _Result] = {}
    for place, result in enumerate(results):
        if not isinstance(result, dict):
            raise AnnotationError("annotation_shape", "has a result that is not an object")
        kind = str(result.get("type"))
        if kind in _UNREAD:
            raise AnnotationError("shape_unsupported", f"has a result of the type {kind!r:.60}")
        if kind not in _TOOLS:
            continue  # relations, ratings and the like say nothing of classes or places
        value = result.get("value")
        if not isinstance(value, dict):
            raise AnnotationError("annotation_shape", 'has a result without a "value"')
        sizes = {name: result[name] for name in ("original_width", "original_height") if name in result}
        by_id.setdefault(repr(result.get("id", place)), _Result()).update(value | sizes)
    yield from by_id.values()


def _names(result: _Result, members: tuple[str, ...]) -> list[str]:
    for member in members:
        names = result.get(member)
        if isinstance(names, list):
            return [text_value(name, f'a name in "{member}"') for name in names]
    return []


def _spans(result: _Result, text: str) -> Iterator[FoundSpan]:
    names = _names(result, ("labels",))
    if not names:
        return
    start, end = _place(result.get("start")), _place(result.get("end"))
    said = result.get("text")
    if isinstance(said, str) and text[start:end] != said:
        start, end = _code_points(text, start), _code_points(text, end)
    for name in names:
        yield FoundSpan(name, start, end, said if isinstance(said, str) else None)


def _place(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AnnotationError("annotation_shape", "has a span without whole start and end")
    return value


def _code_points(text: str, units: int) -> int:
    """Return the place of a character that is told as browsers count: two for each beyond the first plane."""
    data = text.encode("utf-16-le")[: 2 * units]
    return len(data.decode("utf-16-le", errors="ignore"))


def _regions(result: _Result, budget: PixelBudget) -> Iterator[Region]:
    shape = _shape(result, budget)
    if shape is None:
        return
    said = result.get("text")
    text = said[0] if isinstance(said, list) and said else said
    for name in _names(result, _LABELS) or [""]:
        yield shape.model_copy(update={"label": name, "text": text if isinstance(text, str) else None})


def _shape(result: _Result, budget: PixelBudget) -> Region | None:
    if "rle" in result:
        return Region(mask=_mask(result, budget))
    if "points" in result:
        ring = tuple(_scaled(result, x, y) for x, y in ring_of_pairs(result["points"]))
        return Region(polygons=(ring,))
    if "radiusX" in result:
        return Region(polygons=(_ellipse(result),), attributes={"shape_type": "ellipse"})
    return _rectangle(result) if "width" in result else None


def _rectangle(result: _Result) -> Region:
    x, y = number(result.get("x"), "x"), number(result.get("y"), "y")
    x1, y1 = _scaled(result, x, y)
    x2, y2 = _scaled(result, x + number(result["width"], "width"), y + number(result.get("height"), "height"))
    box = Box(x1=x1, y1=y1, x2=x2, y2=y2)
    rotation = number(result.get("rotation") or 0, "rotation")
    # Label Studio turns a rectangle around its top left corner.
    return Region(polygons=(turned(corners(box), (x1, y1), rotation),)) if rotation else Region(box=box)


def _ellipse(result: _Result) -> Ring:
    centre = _scaled(result, number(result.get("x"), "x"), number(result.get("y"), "y"))
    across, down = _scaled(
        result, number(result["radiusX"], "radiusX"), number(result.get("radiusY"), "radiusY")
    )
    return turned(ellipse(centre, across, down), centre, number(result.get("rotation") or 0, "rotation"))


def _scaled(result: _Result, x: float, y: float) -> tuple[float, float]:
    width, height = _size(result)
    return round(x * width / 100, _DIGITS), round(y * height / 100, _DIGITS)


def _size(result: _Result) -> tuple[int, int]:
    size = (result.get("original_width"), result.get("original_height"))
    for side in size:
        if isinstance(side, bool) or not isinstance(side, int) or not 0 < side <= _LARGEST_SIDE:
            raise AnnotationError("annotation_shape", "has a shape without the image's original size")
    return size[0], size[1]  # type: ignore[return-value]


def _mask(result: _Result, budget: PixelBudget) -> Mask:
    codes = result["rle"]
    if not isinstance(codes, list):
        raise AnnotationError("annotation_shape", 'has an "rle" that is not a list')
    width, height = _size(result)
    budget.spend(width, height)
    try:
        return mask_of(codes, width, height)
    except RunLengthError as error:
        raise AnnotationError("mask_rle", f"has run lengths that {error}") from error
