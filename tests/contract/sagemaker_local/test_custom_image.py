"""A user's scikit-learn script in our image: trained, deployed and asked over plain boto3."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sagemaker_local.conftest import new_engine
from tests.contract.sagemaker_local.engine_process import REPOSITORY, EngineProcess
from tests.contract.sagemaker_local.flowers import flowers, packed, trained_flowers
from tests.contract.sagemaker_local.packages import wheel
from tests.contract.sagemaker_local.scenario import BUCKET, ROLE, Scenario

pytestmark = pytest.mark.contract

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/openbml/custom-sklearn:1"


@pytest.fixture(scope="module")
def platform_engine(
    emulator: str, event_queue: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EngineProcess]:
    """An engine with the platform's own images."""
    process = new_engine(
        tmp_path_factory.mktemp("platform-engine"),
        emulator,
        ports=1,
        SML_IMAGES=str(REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"),
    )
    process.start()
    yield process
    process.stop()


def submit(engine: EngineProcess, scenario: Scenario, **hyper_parameters: str) -> None:
    scenario.put("data/flowers.csv", flowers())
    address = scenario.put("code/sourcedir.tar.gz", packed("train_flowers.py", "serve_flowers.py"))
    request = scenario.training_request(
        {
            # SDKs send JSON texts, plain boto3 users plain ones: both are the same to a script.
            "sagemaker_program": json.dumps("train_flowers.py"),
            "sagemaker_submit_directory": address,
            "sagemaker_region": "us-east-1",
            "target": "kind",
            **hyper_parameters,
        }
    )
    request["AlgorithmSpecification"] |= {
        "TrainingImage": IMAGE,
        "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
    }
    request["OutputDataConfig"] = {"S3OutputPath": f"s3://{BUCKET}/{scenario.name}/out"}
    engine.sagemaker.create_training_job(**request)


def test_a_script_is_trained_deployed_and_asked(platform_engine: EngineProcess, scenario: Scenario) -> None:
    submit(platform_engine, scenario, regularisation="0.5")
    job = scenario.finished(platform_engine, within_s=90)
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), scenario.log_lines())
    assert job["FinalMetricDataList"][0]["Value"] > 0.9
    with tarfile.open(fileobj=io.BytesIO(scenario.output("output.tar.gz"))) as archive:
        member = archive.extractfile("variables.json")
        assert member is not None
        variables = json.load(member)
    assert json.loads(variables["SM_HPS"]) == {"regularisation": 0.5, "target": "kind"}
    assert variables["SM_HP_REGULARISATION"] == "0.5"
    assert json.loads(variables["SM_CHANNELS"]) == ["train"]
    assert variables["SM_CURRENT_INSTANCE_TYPE"] == "ml.m5.large"
    assert json.loads(variables["SM_USER_ARGS"]) == ["--regularisation", "0.5", "--target", "kind"]

    client = platform_engine.sagemaker
    client.create_model(
        ModelName=scenario.name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]},
    )
    variant = {"VariantName": "main", "ModelName": scenario.name, "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName=scenario.name, ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}]
    )
    client.create_endpoint(EndpointName=scenario.name, EndpointConfigName=scenario.name)
    scenario.in_service(platform_engine)
    answer = platform_engine.runtime.invoke_endpoint(
        EndpointName=scenario.name, ContentType="text/csv", Accept="application/json", Body=b"2.0,3\n6.1,3\n"
    )
    assert answer["ContentType"] == "application/json"
    assert json.load(answer["Body"])["kind"] == ["rose", "lily"]
    with pytest.raises(platform_engine.runtime.exceptions.ModelError) as caught:
        platform_engine.runtime.invoke_endpoint(
            EndpointName=scenario.name, ContentType="application/json", Body=b"[]"
        )
    reply = caught.value.response
    assert reply["OriginalStatusCode"] == 500
    assert json.loads(reply["OriginalMessage"])["error"] == {"type": "ValueError", "message": "no rows"}
    client.delete_endpoint(EndpointName=scenario.name)


SERVICE_CODE = """
import os
from pathlib import Path

class CustomException(RuntimeError):
    def __init__(self, error_code, message, orig_error=None):
        super().__init__(message)
        self.error_code = error_code

class PredictWrapper:
    def __init__(self, model_path, use_gpu, logger):
        self.factor = int(Path(model_path, "factor.txt").read_text())
    def preprocess(self, request_body):
        if request_body["features"] == [["die"]]:
            os._exit(1)
        return request_body["features"], {}, {}
    def predict(self, data, infer_args):
        return [sum(row) * self.factor for row in data]
    def postprocess(self, infer_result, request_context):
        return {"categories": infer_result, "keys": sorted(name for name in os.environ if "KEY" in name)}
"""


def test_a_framework_model_is_deployed_and_asked(platform_engine: EngineProcess, scenario: Scenario) -> None:
    """Its folder as the repository keeps it; the user's code sees neither the machine nor credentials."""
    manifest = {
        "framework": "sklearn",
        "task": "tabular_prediction",
        "contract": "framework",
        "code_file": "service.py",
    }
    files = {"framework.json": json.dumps(manifest), "service.py": SERVICE_CODE, "factor.txt": "3"}
    for name, text in files.items():
        scenario.put(f"model/{name}", text.encode())
    source = {
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
        "S3Uri": f"s3://{BUCKET}/{scenario.name}/model/",
    }
    client = platform_engine.sagemaker
    client.create_model(
        ModelName=scenario.name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}},
    )
    variant = {"VariantName": "main", "ModelName": scenario.name, "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName=scenario.name, ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}]
    )
    client.create_endpoint(EndpointName=scenario.name, EndpointConfigName=scenario.name)
    scenario.in_service(platform_engine)

    def ask(*features: object) -> dict[str, Any]:
        body = json.dumps({"instances": [{"features": features}]}).encode()
        answer = platform_engine.runtime.invoke_endpoint(
            EndpointName=scenario.name, ContentType="application/json", Body=body
        )
        document: dict[str, Any] = json.load(answer["Body"])
        return document

    assert ask(1, 2) == {"result": {"labels": [{"categories": [9], "keys": []}]}}
    assert ask("die") == {"error_code": 336000, "error_msg": "Internal error"}
    client.delete_endpoint(EndpointName=scenario.name)


def test_a_script_is_trained_where_the_tree_lies_elsewhere(
    own_engine: Callable[..., EngineProcess], scenario: Scenario
) -> None:
    """Mode ``base-dir``: the same image, the same script."""
    engine = own_engine(
        SML_IMAGES=str(REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"),
        SML_MODE="base-dir",
    )
    address = trained_flowers(engine, scenario.s3, BUCKET, IMAGE, ROLE)
    bucket, _, key = address.removeprefix("s3://").partition("/")
    packed_model = scenario.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(packed_model)) as archive:
        assert sorted(archive.getnames()) == ["code/inference.py", "flowers.joblib"]


INSTALL = (
    "pip install --quiet extra_package && python3 -c 'import joblib, extra_package as e; print(e.value)'"
)


def installing(scenario: Scenario, **environment: str) -> dict[str, Any]:
    request = scenario.training_request(Environment=environment)
    request["AlgorithmSpecification"] |= {
        "TrainingImage": IMAGE,
        "ContainerEntrypoint": ["bash", "-c", INSTALL],
    }
    return request


def test_a_job_adds_packages_to_its_image_where_the_operator_allows_it(
    own_engine: Callable[..., EngineProcess], scenario: Scenario, tmp_path: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    wheel(tmp_path / "wheels", "extra_package")
    engine = own_engine(
        SML_IMAGES=str(REPOSITORY / "infra/local/sagemaker_local/images/default_images.yaml"),
        SML_ALLOW_REQUIREMENTS="1",
        SML_REQUIREMENTS_WHEELS=str(tmp_path / "wheels"),
    )
    scenario.put("data/a.txt")
    engine.sagemaker.create_training_job(**installing(scenario))
    job = scenario.finished(engine, within_s=60)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "42" in scenario.log_lines()


def test_a_job_cannot_change_its_image(
    platform_engine: EngineProcess, scenario: Scenario, tmp_path: Path
) -> None:
    wheel(tmp_path, "extra_package")
    file = "extra_package-1.0-py3-none-any.whl"
    scenario.put(f"data/{file}", (tmp_path / file).read_bytes())
    request = installing(scenario, PIP_NO_INDEX="1", PIP_FIND_LINKS="/opt/ml/input/data/train")
    platform_engine.sagemaker.create_training_job(**request)
    job = scenario.finished(platform_engine, within_s=60)
    assert job["TrainingJobStatus"] == "Failed"
    assert "Read-only file system" in job["FailureReason"]


@pytest.mark.slow
def test_the_example_of_the_documentation_runs(platform_engine: EngineProcess, emulator: str) -> None:
    ended = subprocess.run(
        [sys.executable, REPOSITORY / "examples/engine/train_and_deploy.py"],
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": emulator,
            "AWS_ENDPOINT_URL_SAGEMAKER": platform_engine.url,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "endpoint houses-" in ended.stdout
    assert "120 m2, 5 years: 23" in ended.stdout


def test_an_endpoint_of_an_unknown_image_fails_and_says_so(
    platform_engine: EngineProcess, scenario: Scenario
) -> None:
    client = platform_engine.sagemaker
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nobody/knows:1"
    client.create_model(ModelName=scenario.name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": image})
    variant = {"VariantName": "main", "ModelName": scenario.name, "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName=scenario.name, ProductionVariants=[variant | {"InstanceType": "ml.m5.large"}]
    )
    client.create_endpoint(EndpointName=scenario.name, EndpointConfigName=scenario.name)
    endpoint = scenario.endpoint_reaches(platform_engine, "Failed")
    assert f"image {image} has no local environment" in endpoint["FailureReason"]


def test_a_script_that_fails_gives_its_exception_as_the_reason(
    platform_engine: EngineProcess, scenario: Scenario
) -> None:
    submit(platform_engine, scenario, regularisation="1", target="colour")
    job = scenario.finished(platform_engine, within_s=60)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: user: ValueError: column colour is missing")
    assert job["FailureReason"].endswith("exit code: 1")
