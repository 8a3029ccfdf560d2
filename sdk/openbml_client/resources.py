"""What resources of the control API share: paths below a base, pages, names instead of ids."""

from collections.abc import Iterator, Mapping
from typing import Any

from openbml_client.errors import NotFoundError
from openbml_client.transport import Transport

Document = dict[str, Any]


class Resource:
    """Routes below one path."""

    def __init__(self, transport: Transport, base: str) -> None:
        self._transport = transport
        self._base = base

    def _get(self, path: str, **params: Any) -> Document:
        document: Document = self._transport.call("GET", self._base + path, params=params)
        return document

    def _post(self, path: str, body: Mapping[str, Any] | None = None) -> Document:
        document: Document = self._transport.call("POST", self._base + path, body=body or {})
        return document

    def _put(self, path: str, body: Mapping[str, Any]) -> Document:
        document: Document = self._transport.call("PUT", self._base + path, body=body)
        return document

    def _patch(self, path: str, body: Mapping[str, Any], **params: Any) -> Document:
        document: Document = self._transport.call("PATCH", self._base + path, body=body, params=params)
        return document

    def _delete(self, path: str, **params: Any) -> Document | None:
        document: Document | None = self._transport.call("DELETE", self._base + path, params=params)
        return document

    def _pages(self, path: str, **params: Any) -> Iterator[Document]:
        return self._transport.pages(self._base + path, params=params)


def named(items: Iterator[Document], reference: str | int, id_field: str, kind: str) -> Document:
    """Return the item of that id or name.

    Raises:
        NotFoundError: there is none.
    """
    for item in items:
        if str(reference) in (str(item[id_field]), item["name"]):
            return item
    raise NotFoundError(f"There is no {kind} {reference!r} in this project.")


def given(**fields: Any) -> Document:
    """Return a body of what the caller said; None means that nothing was said."""
    return {name: value for name, value in fields.items() if value is not None}
