"""What the tests of the engine say again and again: requests, objects, logs, events."""

import json
from typing import Any

import boto3

from tests.contract.sagemaker_local.engine_process import KEYS, EngineProcess, eventually

BUCKET = "engine-tests"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/openbml/tiny:1"
ROLE = "arn:aws:iam::000000000000:role/engine-tests"
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
PROCESSING_LOGS = "/aws/sagemaker/ProcessingJobs"


class Scenario:
    """One test's corner of the emulator: everything it makes carries its name."""

    def __init__(self, emulator: str, event_queue: str, name: str) -> None:
        self.name = name
        self._event_queue = event_queue
        self._seen: list[dict[str, Any]] = []
        self.s3 = boto3.client("s3", endpoint_url=emulator, **KEYS)
        self.logs = boto3.client("logs", endpoint_url=emulator, **KEYS)
        self.sqs = boto3.client("sqs", endpoint_url=emulator, **KEYS)

    def put(self, key: str, body: bytes = b"x") -> str:
        self.s3.put_object(Bucket=BUCKET, Key=f"{self.name}/{key}", Body=body)
        return f"s3://{BUCKET}/{self.name}/{key}"

    def read(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=BUCKET, Key=f"{self.name}/{key}")["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        start = f"{self.name}/"
        found = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=start + prefix).get("Contents", [])
        return sorted(item["Key"][len(start) :] for item in found)

    def training_request(
        self, hyper_parameters: dict[str, str] | None = None, **changes: Any
    ) -> dict[str, Any]:
        return {
            "TrainingJobName": self.name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": r"loss=([0-9.]+);"}],
            },
            "HyperParameters": hyper_parameters or {},
            "InputDataConfig": [self.channel("train")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/{self.name}/out", "CompressionType": "NONE"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
            **changes,
        }

    def channel(self, name: str, **source: Any) -> dict[str, Any]:
        s3 = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{self.name}/data/", **source}
        return {"ChannelName": name, "DataSource": {"S3DataSource": s3}}

    def output(self, name: str) -> bytes:
        return self.read(f"out/{self.name}/output/{name}")

    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.output("model/report.json")))

    def finished(self, engine: EngineProcess, *, within_s: float = 40) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = engine.sagemaker.describe_training_job(TrainingJobName=self.name)
            return found if found["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return eventually(look, within_s=within_s, what=f"job {self.name} ends") or {}

    def processing_request(self, *actions: str, **changes: Any) -> dict[str, Any]:
        """A job that carries out the actions of ``image/process`` in order."""
        return {
            "ProcessingJobName": self.name,
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": IMAGE}
            | ({"ContainerArguments": list(actions)} if actions else {}),
            "ProcessingResources": {
                "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}
            },
            "ProcessingOutputConfig": {"Outputs": [self.processing_output("out")]},
            **changes,
        }

    def processing_input(self, name: str, **source: Any) -> dict[str, Any]:
        s3 = {
            "S3Uri": f"s3://{BUCKET}/{self.name}/data/",
            "LocalPath": f"/opt/ml/processing/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            **source,
        }
        return {"InputName": name, "S3Input": s3}

    def processing_output(self, name: str, mode: str = "EndOfJob") -> dict[str, Any]:
        s3 = {
            "S3Uri": f"s3://{BUCKET}/{self.name}/{name}",
            "LocalPath": f"/opt/ml/processing/{name}",
            "S3UploadMode": mode,
        }
        return {"OutputName": name, "S3Output": s3}

    def processed(self, engine: EngineProcess, *, within_s: float = 40) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = engine.sagemaker.describe_processing_job(ProcessingJobName=self.name)
            return found if found["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return eventually(look, within_s=within_s, what=f"job {self.name} ends; log:\n{engine.log}") or {}

    def reaches(self, engine: EngineProcess, line: str, group: str = LOG_GROUP) -> None:
        """Wait until the job's log in CloudWatch holds a line."""
        eventually(lambda: line in self.log_lines(group), what=f"{line!r} in the log\n{engine.log}")

    def log_lines(self, group: str = LOG_GROUP, prefix: str | None = None) -> list[str]:
        try:
            streams = self.logs.describe_log_streams(
                logGroupName=group, logStreamNamePrefix=prefix or f"{self.name}/"
            )["logStreams"]
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        lines = []
        for stream in sorted(streams, key=lambda one: str(one["logStreamName"])):
            answer = self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )
            lines += [str(event["message"]) for event in answer["events"]]
        return lines

    def events(self) -> list[dict[str, Any]]:
        """Every event so far about this scenario's resources, in the order it came."""
        while True:
            answer = self.sqs.receive_message(QueueUrl=self._event_queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                break
            for message in answer["Messages"]:
                self._seen.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self._event_queue, ReceiptHandle=message["ReceiptHandle"])
        return [one for one in self._seen if any(self.name in arn for arn in one["resources"])]

    def deploy(
        self, engine: EngineProcess, version: str = "1", *, count: int = 2, **environment: str
    ) -> None:
        """Create model and configuration ``<name>-<version>`` with weights of that version."""
        self.put(f"model-{version}/weights.txt", version.encode())
        name = f"{self.name}-{version}"
        source = {
            "S3Uri": f"s3://{BUCKET}/{self.name}/model-{version}/",
            "S3DataType": "S3Prefix",
            "CompressionType": "None",
        }
        engine.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={
                "Image": IMAGE,
                "ModelDataSource": {"S3DataSource": source},
                "Environment": {"MODEL_VERSION": version, **environment},
            },
        )
        engine.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": "main",
                    "ModelName": name,
                    "InitialInstanceCount": count,
                    "InstanceType": "ml.m5.large",
                }
            ],
        )

    def in_service(self, engine: EngineProcess) -> dict[str, Any]:
        return self.endpoint_reaches(engine, "InService")

    def endpoint_reaches(self, engine: EngineProcess, *statuses: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = engine.sagemaker.describe_endpoint(EndpointName=self.name)
            return found if found["EndpointStatus"] in statuses else None

        return eventually(look, what=f"endpoint {self.name} is {statuses}; engine log:\n{engine.log}") or {}

    def invoke(self, engine: EngineProcess, body: bytes = b"hello", **more: Any) -> dict[str, Any]:
        answer = engine.runtime.invoke_endpoint(
            EndpointName=self.name, Body=body, ContentType="text/plain", **more
        )
        return dict(json.loads(answer["Body"].read()))
