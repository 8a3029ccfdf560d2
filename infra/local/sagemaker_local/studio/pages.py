"""The few pages that the engine itself shows to people."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem}"
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Link:
    text: str
    path: str | None
    note: str = ""


def page(status: int, title: str, *paragraphs: str, links: Sequence[Link] = ()) -> web.Response:
    body = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs)
    items = "".join(f"<li>{_link(one)}</li>" for one in links)
    shown = html.escape(title)
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{shown}</title>'
        f"<style>{_STYLE}</style><h1>{shown}</h1>{body}{f'<ul>{items}</ul>' if items else ''}</html>"
    )
    return web.Response(status=status, text=text, content_type="text/html", headers=_HEADERS)


def not_signed_in() -> web.Response:
    return page(
        403,
        "Not signed in",
        "This notebook opens with a link of its own, which works once and for a few minutes only. The link "
        "was used or is too old, or the session that it started has ended.",
        "Ask for a new link where you opened the notebook, or with CreatePresignedDomainUrl.",
    )


def wrong_origin() -> web.Response:
    return page(
        403,
        "Request from another site",
        "Another web site sent this request in your name, so it was not carried out.",
        "Open the notebook in a tab of its own.",
    )


def not_running(status: str) -> web.Response:
    if status in ("Pending", "InService"):  # the latter: the engine is about to find it again
        reply = page(
            503,
            "The notebook is starting",
            "This can take some minutes the first time. Load the page again soon.",
        )
        reply.headers["Retry-After"] = "3"
        return reply
    return page(
        404,
        "The notebook is not running",
        f"Its app is {status}. Files in the home folder are kept.",
        "Start it where you opened it, or with CreateApp, and load the page again.",
    )


def _link(link: Link) -> str:
    text = html.escape(link.text)
    anchor = f'<a href="{html.escape(link.path, quote=True)}">{text}</a>' if link.path else text
    return f"{anchor} {html.escape(link.note)}".strip()
