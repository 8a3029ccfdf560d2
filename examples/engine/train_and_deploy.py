"""Train a scikit-learn script, deploy the model and ask it, with plain boto3 against the local engine.

Usage: python examples/engine/train_and_deploy.py
"""

import io
import json
import os
import random
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import WaiterError

HERE = Path(__file__).resolve().parent
EMULATOR = os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
ENGINE = os.environ.get("AWS_ENDPOINT_URL_SAGEMAKER", "http://127.0.0.1:4570")
RUNTIME = os.environ.get("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", ENGINE)
REGION = os.environ.get("AWS_REGION", "us-east-1")
BUCKET = "engine-example"
IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/openbml/custom-sklearn:1"
ROLE_NAME = "engine-example"
ROLE = f"arn:aws:iam::000000000000:role/{ROLE_NAME}"
INSTANCE = "ml.m5.large"


def client(service: str, address: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        aws_secret_access_key=os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
    )


def house_prices() -> bytes:
    """A price that follows area and age, with noise."""
    chance = random.Random(7)
    rows = ["area_m2,age_years,price"]
    for _ in range(200):
        area, age = chance.uniform(40, 200), chance.uniform(0, 60)
        rows.append(f"{area:.1f},{age:.1f},{2000 * area - 1500 * age + chance.gauss(0, 8000):.0f}")
    return "\n".join(rows).encode()


def packed(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            archive.add(HERE / "code" / name, arcname=name)
    return buffer.getvalue()


def make_role(iam: Any) -> None:
    """A role that SageMaker may assume, with the example's bucket and nothing else."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    access = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    try:
        iam.create_role(RoleName=ROLE_NAME, AssumeRolePolicyDocument=policy(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        say(f"role {ROLE_NAME} is there")
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="bucket", PolicyDocument=policy(access))


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def train(sagemaker: Any, s3: Any, name: str) -> str:
    """Run the training script to its end and return the model's address."""
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=f"{name}/data/houses.csv", Body=house_prices())
    s3.put_object(Bucket=BUCKET, Key=f"{name}/sourcedir.tar.gz", Body=packed("train.py", "inference.py"))
    data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{name}/data/"}
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "r2", "Regex": "r2=([0-9.]+);"}],
        },
        HyperParameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{BUCKET}/{name}/sourcedir.tar.gz",
            "target": "price",
        },
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": data}}],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/{name}/output"},
        ResourceConfig={"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    waiter = sagemaker.get_waiter("training_job_completed_or_stopped")
    try:
        waiter.wait(TrainingJobName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 300})
    except WaiterError as error:
        job = sagemaker.describe_training_job(TrainingJobName=name)
        raise SystemExit(f"training ended {job['TrainingJobStatus']}: {job.get('FailureReason')}") from error
    job = sagemaker.describe_training_job(TrainingJobName=name)
    metrics = {one["MetricName"]: round(one["Value"], 4) for one in job["FinalMetricDataList"]}
    say(f"trained in {job['TrainingTimeInSeconds']} s: {metrics}")
    return str(job["ModelArtifacts"]["S3ModelArtifacts"])


def deploy(sagemaker: Any, name: str, model: str) -> None:
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE, "ModelDataUrl": model}
    )
    variant = {
        "VariantName": "main",
        "ModelName": name,
        "InstanceType": INSTANCE,
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    waiter = sagemaker.get_waiter("endpoint_in_service")
    waiter.wait(EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
    say(f"endpoint {name} is in service")


def ask(runtime: Any, name: str) -> list[float]:
    houses = b"120,5\n60,40\n"
    answer = runtime.invoke_endpoint(EndpointName=name, ContentType="text/csv", Body=houses)
    prices: list[float] = json.load(answer["Body"])["price"]
    say(f"120 m2, 5 years: {prices[0]:.0f}; 60 m2, 40 years: {prices[1]:.0f}")
    return prices


def clean_up(sagemaker: Any, name: str) -> None:
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.delete_endpoint_config(EndpointConfigName=name)
    sagemaker.delete_model(ModelName=name)


def main() -> int:
    sagemaker, runtime = client("sagemaker", ENGINE), client("sagemaker-runtime", RUNTIME)
    make_role(client("iam", EMULATOR))
    name = f"houses-{time.time_ns() // 1_000_000}"
    deploy(sagemaker, name, train(sagemaker, client("s3", EMULATOR), name))
    try:
        ask(runtime, name)
    finally:
        clean_up(sagemaker, name)
    return 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
