"""What `openbml_deep.export` owes."""

import pytest

from tests.contract.containers.deep_checks import check_names, passed

pytestmark = pytest.mark.contract


@pytest.mark.parametrize("name", check_names("export"))
def test_export(name: str) -> None:
    passed("export", name)
