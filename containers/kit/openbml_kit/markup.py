"""HTML and SVG written by functions: whatever is not markup already is escaped, so that names cannot
become code."""

import html
from collections.abc import Iterable


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = Markup | str | int | float | None

_VOID = frozenset({"input", "meta", "img", "br", "hr"})


def element(
    tag: str, /, *children: Child | Iterable[Child], **attributes: str | int | float | None
) -> Markup:
    """Return an element.

    Args:
        children: markup as it is, anything else escaped; None is left out, lists are joined.
        attributes: escaped; None is left out. A trailing underscore is dropped and others become hyphens, so
            `class_="x"` and `stroke_width=2` can be written.
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_number(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Markup(f"<{tag}{shown}>")
    return Markup(f"<{tag}{shown}>{joined(*children)}</{tag}>")


def joined(*children: Child | Iterable[Child]) -> Markup:
    parts: list[str] = []
    for child in children:
        if child is None:
            continue
        if isinstance(child, Markup):
            parts.append(child)
        elif isinstance(child, (str, int, float)):
            parts.append(html.escape(_number(child), quote=True))
        else:
            parts.append(joined(*child))
    return Markup("".join(parts))


def both(english: Child, chinese: Child) -> Markup:
    """Return a text in both languages; the page's switch shows one."""
    return joined(
        element("span", english, class_="en", lang="en"), element("span", chinese, class_="zh", lang="zh-CN")
    )


def _number(value: str | int | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
