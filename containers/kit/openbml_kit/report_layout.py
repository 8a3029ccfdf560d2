"""The frame of `report.html`: one file that needs no network and runs no script.

Both languages are in the page; a switch of plain CSS shows one.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from openbml_kit.markup import Child, Markup, both, element, joined

_STYLE = Path(__file__).with_name("report_page.css")
# Nothing may be loaded or run, whatever stands in a name.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def document(title: str, *contents: Child | Iterable[Child], switches: Markup | None = None) -> str:
    """Return the page.

    Args:
        switches: inputs of a task beside those of the languages; style sheets see them before the contents.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width"),
        element("title", title),
        element("style", Markup(_STYLE.read_text(encoding="utf-8"))),
    )
    body = element("body", _languages(), switches, element("main", *contents))
    return f"<!DOCTYPE html>\n{element('html', head, body)}\n"


def section(english: str, chinese: str, *children: Child | Sequence[Child]) -> Markup:
    return element("section", element("h2", both(english, chinese)), *children)


def rows_table(head: Sequence[Child], rows: Iterable[Sequence[Child | Sequence[Child]]]) -> Markup:
    """Return a table with a line of names above its rows."""
    body = [element("tr", [element("td", cell) for cell in row]) for row in rows]
    named = element("thead", element("tr", [element("th", name) for name in head]))
    return element("table", named, element("tbody", body))


def _languages() -> Markup:
    return joined(
        element("input", type="radio", name="language", id="en", checked=""),
        element("label", "English", for_="en"),
        element("input", type="radio", name="language", id="zh"),
        element("label", "中文", for_="zh"),
    )
