"""Reports of tabular runs, checked in the image's environment beside scikit-learn."""

import pytest

from tests.contract.containers.tabular_image import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("reports"))
def test_reports(name: str) -> None:
    passed("reports", name)
