"""The report as one file: complete in both languages, drawn from its figures, deaf to hostile names."""

import base64
import io
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from openbml_kit.classification_report import Basis, EvaluatedSample, Evaluation, classification_report
from openbml_kit.markup import Markup, element, joined
from openbml_kit.report_page import report_page
from openbml_kit.report_pictures import drawn_example, thumbnail
from openbml_kit.run_lengths import encode_mask
from openbml_kit.segmentation_report import PixelCounts, semantic_report

HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The page's elements and their attributes; its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("input", "meta", "img", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def classification(labels: list[str], *, samples: int = 60, name: str = "{}.jpg") -> dict[str, Any]:
    true = np.arange(samples) % len(labels)
    scores = np.full((samples, len(labels)), 0.1)
    scores[np.arange(samples), (true + (np.arange(samples) % 3 == 0)) % len(labels)] = 0.8
    history = [{"epoch": 1, "train_loss": 0.9, "eval_loss": 1.0, "eval_accuracy": 0.5, "complete": True}]
    context = {
        "task": "image_classification",
        "run_id": "7",
        "network": "ResNet50",
        "history": history,
        "best_epoch": 1,
        "params": {"learning_rate": 0.1, "note": labels[0]},
    }
    return classification_report(
        Evaluation([EvaluatedSample(str(row), name.format(row)) for row in range(samples)], scores, true),
        labels=labels,
        basis=Basis("holdout", samples, 200, 0.2, 1),
        training_counts=[100] * len(labels),
        context=context,
    )


def objects(label: str = "cat") -> dict[str, Any]:
    mask = np.zeros((60, 80), dtype=np.bool_)
    mask[10:30, 20:50] = True
    return {
        "sample_id": "1",
        "name": "1.jpg",
        "width": 80,
        "height": 60,
        "false_positives": [{"label": label, "score": 0.9, "box": [1, 2, 30, 40], "mask": encode_mask(mask)}],
        "missed": [{"label": label, "box": [40, 2, 70, 40]}],
        "right": [],
    }


def detection(label: str = "cat", **changes: Any) -> dict[str, Any]:
    report = classification([label, "dog"])
    return {**report, "wrong_examples": [objects(label)], "wrong_count": 1, "topk": {}, **changes}


def picture() -> bytes:
    return thumbnail(Image.new("RGB", (800, 600), "green"))


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    page = Page(report_page(detection(), thumbnails={"1": picture()}))
    assert page.open == []
    assert not page.named("script")
    assert not page.named("link")
    sources = [str(row["src"]) for row in page.named("img")]
    assert sources
    assert all(source.startswith("data:image/") for source in sources)
    assert not any("url(" in text or "@import" in text for text in page.texts)
    policy = next(row for row in page.named("meta") if "http-equiv" in row)
    assert policy["content"] == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_hostile_labels_and_names_stay_text() -> None:
    report = classification([HOSTILE, "dog"], name=HOSTILE + "{}")
    report["heat_maps"] = [
        {"sample_id": "0", "name": HOSTILE, "label": HOSTILE, "file": "images/heat-00.jpg"}
    ]
    for row in (
        report,
        detection(HOSTILE, pr_curves=[{"label": HOSTILE, "recall": [0, 1], "precision": [1, 0]}]),
    ):
        text = report_page(row, thumbnails={"1": picture()}, heat_maps={"images/heat-00.jpg": picture()})
        page = Page(text)
        assert not page.named("script")
        assert all(set(attributes) <= {"src", "alt", "class"} for attributes in page.named("img"))
        assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert any(HOSTILE in part for part in page.texts)


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_text_is_it_comes_back_as_it_was(text: str, attribute: str) -> None:
    plain = text.replace("\r", "").replace("\0", "")
    value = attribute.replace("\r", "").replace("\0", "")
    page = Page(element("p", plain, title=value))
    assert "".join(page.texts) == plain
    assert page.elements == [("p", {"title": value})]


def test_markup_is_not_escaped_twice_and_lists_are_joined() -> None:
    assert joined(element("b", "<"), [1, None, 0.5], Markup("<hr>")) == "<b>&lt;</b>10.5<hr>"


def test_both_languages_are_in_the_page_and_a_switch_shows_one() -> None:
    text = report_page(classification(["cat", "dog"]), thumbnails={})
    assert "Evaluation report" in text
    assert "评估报告" in text
    assert {row.get("id") for row in Page(text).named("input")} == {"en", "zh", "show-fp", "show-missed"}


def test_false_positives_are_red_and_missed_objects_orange() -> None:
    page = Page(report_page(detection(), thumbnails={}))
    kinds = [(row["class"], row["x"], row["width"]) for row in page.named("rect")]
    assert kinds == [("fp", "1", "29"), ("missed", "40", "30")]
    # A switch hides boxes of its kind, never the picture they lie on.
    assert all(row.get("class") is None for row in page.named("figure"))
    style = "".join(page.texts)
    assert "rect.fp { stroke: #dc2626" in style
    assert "rect.missed { stroke: #f59e0b" in style


def test_masks_are_laid_over_the_picture_in_their_colour() -> None:
    drawn = Page(drawn_example(objects(), picture()))
    (layer,) = [row for row in drawn.named("img") if row.get("class") == "fp"]
    data = str(layer["src"]).removeprefix("data:image/png;base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert image.size == (80, 60)
    assert image.getpixel((30, 20)) == (220, 38, 38, 130)
    assert image.getpixel((5, 5))[3] == 0  # type: ignore[index]  # an RGBA image has tuples


def test_a_semantic_report_has_a_page() -> None:
    counts = PixelCounts(1)
    counts.add(EvaluatedSample("1", "1.jpg"), true=np.ones((9, 9), np.uint8), found=np.eye(9, dtype=np.uint8))
    report = semantic_report(
        counts, labels=["road"], basis=Basis("eval", 1, 200, None, 1), training_counts=[200]
    )
    text = report_page({**report, "task": "semantic_segmentation"}, thumbnails={"1": picture()})
    assert "a separate evaluation set" in text
    assert text.count('class="missed"') >= 2


def test_a_set_of_many_labels_and_examples_stays_small_and_names_its_confusions() -> None:
    labels = [f"label {number}" for number in range(200)]
    one = picture()
    report = classification(labels, samples=1000)
    text = report_page(report, thumbnails={str(row): one for row in range(1000)})
    assert "Most frequent confusions" in text
    assert len(text) < 2_000_000
    assert len([row for row in Page(text).named("img") if row]) == 60


@pytest.mark.parametrize("size", [(4000, 20), (20, 4000), (1, 1)])
def test_thumbnails_fit_their_side(size: tuple[int, int]) -> None:
    image = Image.open(io.BytesIO(thumbnail(Image.new("RGBA", size))))
    assert max(image.size) <= 240
    assert image.mode == "RGB"
