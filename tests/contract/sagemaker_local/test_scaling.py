"""Scale to zero and back: serverless variants, managed scaling, and components that sleep."""

import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker_local.conftest import new_engine
from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually
from tests.contract.sagemaker_local.scenario import Scenario
from tests.contract.sagemaker_local.test_components import Hosted

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def engine(
    emulator: str, event_queue: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    """An engine whose workers are idle after a second."""
    process = new_engine(
        tmp_path_factory.mktemp("scaling"),
        emulator,
        ports=1,
        SML_IDLE_S="1",
    )
    process.start()
    yield process
    process.stop()


class Variant:
    """An endpoint of one variant with a model."""

    def __init__(self, engine: EngineProcess, scenario: Scenario, **variant: Any) -> None:
        self.engine = engine
        self.scenario = scenario
        scenario.deploy(engine)
        engine.sagemaker.create_endpoint_config(
            EndpointConfigName=scenario.name,
            ProductionVariants=[
                {"VariantName": "main", "ModelName": f"{scenario.name}-1", **variant},
            ],
        )
        self.arn = engine.sagemaker.create_endpoint(
            EndpointName=scenario.name, EndpointConfigName=scenario.name
        )["EndpointArn"]
        scenario.in_service(engine)

    @property
    def workers(self) -> int:
        return len(self.engine.processes_of(self.arn))

    def shown(self) -> dict[str, Any]:
        found = self.engine.sagemaker.describe_endpoint(EndpointName=self.scenario.name)
        return dict(found["ProductionVariants"][0])

    def has(self, workers: int) -> None:
        eventually(lambda: self.workers == workers, what=f"{workers} workers:\n{self.engine.log[-3000:]}")

    def close(self) -> None:
        self.engine.sagemaker.delete_endpoint(EndpointName=self.scenario.name)


def in_parallel(count: int, call: Callable[[], object]) -> list[object]:
    """Return the answers or the errors of calls made at the same time."""
    results: list[object] = []

    def one() -> None:
        try:
            results.append(call())
        except ClientError as error:
            results.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_serverless_variant_sleeps_wakes_for_a_request_and_limits_its_concurrency(
    engine: EngineProcess, scenario: Scenario
) -> None:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 2}
    variant = Variant(engine, scenario, ServerlessConfig=config)
    shown = variant.shown()
    assert shown["CurrentServerlessConfig"] == shown["DesiredServerlessConfig"] == config
    assert "CurrentInstanceCount" not in shown
    variant.has(0)
    first, second = in_parallel(2, lambda: scenario.invoke(engine)["body"])
    assert (first, second) == ("hello", "hello")
    results = in_parallel(4, lambda: scenario.invoke(engine, b"wait 1.5")["body"])
    refused = [one for one in results if isinstance(one, ClientError)]
    assert len(refused) == 2
    assert {one.response["Error"]["Code"] for one in refused} == {"ServiceUnavailable"}
    engine.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName=scenario.name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "main", "ServerlessUpdateConfig": {"ProvisionedConcurrency": 1}}
        ],
    )
    scenario.in_service(engine)
    assert variant.shown()["CurrentServerlessConfig"] == {**config, "ProvisionedConcurrency": 1}
    variant.has(1)
    with pytest.raises(ClientError, match=r"ValidationError.*4194304"):
        scenario.invoke(engine, b"x" * (4 * 1024 * 1024 + 1))
    variant.close()


def test_managed_scaling_grows_under_load_and_shrinks_to_its_minimum(
    engine: EngineProcess, scenario: Scenario
) -> None:
    variant = Variant(
        engine,
        scenario,
        InstanceType="ml.m5.large",
        InitialInstanceCount=1,
        ManagedInstanceScaling={"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2},
    )
    variant.has(0)
    eventually(lambda: variant.shown()["CurrentInstanceCount"] == 0, what="the count shown")
    results = in_parallel(8, lambda: scenario.invoke(engine, b"wait 2")["body"])
    assert results == ["wait 2"] * 8
    assert "2 workers" in engine.log
    variant.has(0)
    assert variant.shown()["CurrentInstanceCount"] == 0
    with pytest.raises(ClientError, match=r"between 0 and 2"):
        engine.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=scenario.name,
            DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": 3}],
        )
    variant.close()


def test_a_sleeping_endpoint_wakes_after_a_restart_and_a_start_that_fails_is_told_as_not_ready(
    engine: EngineProcess, scenario: Scenario
) -> None:
    variant = Variant(engine, scenario, ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})
    variant.has(0)
    engine.kill()
    engine.start()
    assert eventually(lambda: _answers(engine, scenario), what="it answers")
    variant.has(0)
    for folder in (engine.state_dir / "models").iterdir():
        shutil.rmtree(folder)
    assert scenario.invoke(engine)["weights"] == "1"
    variant.has(0)
    for folder in (engine.state_dir / "models").iterdir():
        shutil.rmtree(folder)
    scenario.put("model-1/weights.txt", b"other")
    with pytest.raises(ClientError, match=r"ModelNotReadyException.*no longer what was deployed"):
        scenario.invoke(engine)
    variant.close()


def test_a_component_sleeps_and_wakes_when_its_variant_may_scale_to_zero(
    engine: EngineProcess, scenario: Scenario
) -> None:
    scaling = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 2}
    hosted = Hosted(engine, scenario).open(instance_type="ml.m5.large", ManagedInstanceScaling=scaling)
    hosted.create("a", copies=1, cpus=2)
    hosted.reaches("a", "InService")
    wanted = {"DesiredCopyCount": 0, "CurrentCopyCount": 0}
    eventually(lambda: hosted.describe("a")["RuntimeConfig"] == wanted, what="it sleeps")
    eventually(lambda: _instances(hosted) == 0, what="no instance is left")
    hosted.create("b", copies=2, cpus=2)
    hosted.reaches("b", "InService")
    eventually(lambda: _instances(hosted) == 0, what="all sleep")
    assert hosted.invoke("a")["body"] == "hello"
    hosted.delete("a")
    hosted.delete("b")
    hosted.close()


def _instances(hosted: Hosted) -> int:
    found = hosted.engine.sagemaker.describe_endpoint(EndpointName=hosted.name)
    return int(found["ProductionVariants"][0]["CurrentInstanceCount"])


def _answers(engine: EngineProcess, scenario: Scenario) -> bool:
    try:
        return scenario.invoke(engine)["body"] == "hello"
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ServiceUnavailable", "ValidationError"):
            raise
        return False
