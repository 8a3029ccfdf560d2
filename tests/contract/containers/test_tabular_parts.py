"""Parts of the tabular image, checked in its own environment."""

import pytest

from tests.contract.containers.tabular_image import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("graphs"))
def test_graphs(name: str) -> None:
    passed("graphs", name)


@pytest.mark.parametrize("name", check_names("trees"))
def test_trees(name: str) -> None:
    passed("trees", name)


@pytest.mark.parametrize("name", check_names("exports"))
def test_exports(name: str) -> None:
    passed("exports", name)
