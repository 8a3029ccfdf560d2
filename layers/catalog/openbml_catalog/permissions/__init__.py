"""Permissions and the roles that bundle them (spec 01 section 10)."""

from collections.abc import Mapping
from functools import cache

from openbml_catalog.documents import load_document


@cache
def permissions() -> frozenset[str]:
    return frozenset(load_document("permissions", "permissions.yaml")["permissions"])


@cache
def roles() -> Mapping[str, frozenset[str]]:
    """Return each role's permissions; `*` stands for all."""
    rows = load_document("permissions", "permissions.yaml")["roles"]
    return {
        name: permissions() if granted == ["*"] else frozenset(granted) & permissions()
        for name, granted in rows.items()
    }
