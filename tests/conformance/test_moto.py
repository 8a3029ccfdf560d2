"""moto's own tests of SageMaker: those that AWS would pass too, pass here."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from tests.conformance.moto_router import Translation, router
from tests.conformance.moto_suite import SuiteMissingError, run_suite, unpacked_suite
from tests.contract.emulator import free_port
from tests.contract.sagemaker_local.conftest import worker_ports
from tests.contract.sagemaker_local.engine_process import EngineProcess

ACCOUNT = "123456789012"  # moto's


class Reason(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    why: str
    tests: tuple[str, ...]


class Expected(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[str, ...]
    passes: frozenset[str]
    reasons: tuple[Reason, ...]

    def reason(self, test: str) -> str | None:
        found = (
            one.why for one in self.reasons if any(fnmatch.fnmatchcase(test, name) for name in one.tests)
        )
        return next(found, None)


EXPECTED = Expected.model_validate(yaml.safe_load((Path(__file__).parent / "moto_expected.yaml").read_text()))


@pytest.fixture
def moto_engine(emulator: str, tmp_path: Path) -> Iterator[EngineProcess]:
    process = EngineProcess(
        state_dir=tmp_path / "state",
        port=free_port(),
        worker_ports=worker_ports(1),
        emulator=emulator,
        SML_ACCOUNT_ID=ACCOUNT,
        SML_SHUTDOWN_GRACE_S="1",
    )
    process.start()
    yield process
    process.stop()


@pytest.mark.contract
@pytest.mark.slow
def test_motos_tests_pass_as_far_as_they_apply(
    moto_engine: EngineProcess, emulator: str, tmp_path: Path
) -> None:
    try:
        unpacked_suite()
    except SuiteMissingError as error:
        pytest.skip(str(error))
    with router(moto_engine.url, emulator) as address:
        outcomes = run_suite(EXPECTED.files, address, tmp_path, limit_s=600)
    # An engine without a kind of resource says so, and its own tests hold what it must have.
    offered = {test: how for test, how in outcomes.items() if "UnknownOperationException" not in how}
    broken = {test: how for test, how in offered.items() if test in EXPECTED.passes and how != "passed"}
    unexplained = {
        test: how
        for test, how in offered.items()
        if how != "passed" and test not in EXPECTED.passes and EXPECTED.reason(test) is None
    }
    assert not broken
    assert not unexplained, "say in moto_expected.yaml why these do not apply"
    assert outcomes.keys() >= EXPECTED.passes


def test_what_moto_writes_otherwise_than_aws_is_translated_both_ways() -> None:
    way = Translation(9007)
    arn = "arn:aws:sagemaker:us-east-1:000000000000:model/MyModel"
    role = "arn:aws:sagemaker:us-east-1:000000000000:x-x/foobar"
    sent = way.request(f'{{"ModelName": "MyModel", "RoleArn": "{role}", "ResourceArn": "{arn}"}}')
    assert '"arn:aws:sagemaker:us-east-19007:000000000000:model/mymodel"' in sent
    assert '"arn:aws:iam::000000000000:role/from-us-east-19007/x-x/foobar"' in sent
    assert arn in way.reply(sent)
    assert role in way.reply(sent)
