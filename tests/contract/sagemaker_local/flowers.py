"""A small data set and a user's scikit-learn script that learns it."""

import io
import random
import tarfile
import uuid
from pathlib import Path
from typing import Any

from tests.contract.sagemaker_local.engine_process import EngineProcess, eventually

SCRIPTS = Path(__file__).resolve().parent / "scripts"


def flowers() -> bytes:
    """Two kinds that differ in their first measure."""
    chance = random.Random(3)
    rows = ["length,width,kind"]
    for index in range(60):
        kind = index % 2
        rows.append(
            f"{kind * 4 + chance.gauss(2, 0.4):.2f},{chance.gauss(3, 1):.2f},{('rose', 'lily')[kind]}"
        )
    return "\n".join(rows).encode()


def packed(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            archive.add(SCRIPTS / name, arcname=name)
    return buffer.getvalue()


def trained_flowers(engine: EngineProcess, s3: Any, bucket: str, image: str, role: str) -> str:
    """Train the script and return the address of its model archive."""
    name = f"flowers-{uuid.uuid4().hex[:8]}"
    s3.put_object(Bucket=bucket, Key=f"{name}/data/flowers.csv", Body=flowers())
    code = packed("train_flowers.py", "serve_flowers.py")
    s3.put_object(Bucket=bucket, Key=f"{name}/sourcedir.tar.gz", Body=code)
    data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{name}/data/"}
    engine.sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=role,
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        HyperParameters={
            "sagemaker_program": "train_flowers.py",
            "sagemaker_submit_directory": f"s3://{bucket}/{name}/sourcedir.tar.gz",
            "target": "kind",
            "regularisation": "0.5",
        },
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": data}}],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/{name}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 300},
    )

    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = engine.sagemaker.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed") else None

    job = eventually(look, within_s=120, what="the flowers are learnt") or {}
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return str(job["ModelArtifacts"]["S3ModelArtifacts"])
