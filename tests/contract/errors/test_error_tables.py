"""Every domain error of every context has a row in the catalogue, and every row an error."""

import importlib
import pkgutil
from collections.abc import Iterator
from string import Formatter

import pytest

import openbml
from openbml.core.errors import OpenBMLError
from openbml_catalog.errors import control_errors

# Modules that only one function can import, since it brings what they need.
_WITHOUT_LAYER = {"openbml.identity.id_tokens_jwt"}
# Rows without a class: made by the API's shell itself.
_SHELL = {"RouteNotFoundError"}


def _import_all() -> None:
    for module in pkgutil.walk_packages(openbml.__path__, "openbml."):
        if module.name not in _WITHOUT_LAYER:
            importlib.import_module(module.name)


def _subclasses(kind: type[OpenBMLError]) -> Iterator[type[OpenBMLError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _errors() -> list[type[OpenBMLError]]:
    _import_all()
    found = {kind for kind in _subclasses(OpenBMLError) if kind.__module__.startswith("openbml.")}
    return sorted(found, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", _errors(), ids=lambda kind: kind.__qualname__)
def test_an_error_has_a_row(kind: type[OpenBMLError]) -> None:
    row = control_errors().get(kind.__name__)
    assert row is not None, f"add {kind.__name__} to layers/catalog/openbml_catalog/errors/control/*.yaml"
    assert 400 <= row.status < 600
    assert row.code.replace("_", "").isalnum()
    assert row.code == row.code.lower()


def test_error_names_are_unique() -> None:
    names = [kind.__name__ for kind in _errors()]
    assert sorted(set(names)) == names


def test_no_row_is_left_over() -> None:
    assert set(control_errors()) - {kind.__name__ for kind in _errors()} == _SHELL


@pytest.mark.parametrize("name", sorted(control_errors()))
def test_a_message_can_be_filled_in(name: str) -> None:
    message = control_errors()[name].message
    fields = [field for _, field, spec, _ in Formatter().parse(message) if field is not None]
    assert all(field.isidentifier() for field in fields)
    assert control_errors()[name].text({})
