"""A SageMaker client in memory: requests are checked against botocore's own service model, states go on when
a test says so. It stands where `boto3.client("sagemaker")` stands."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
from botocore.exceptions import ClientError, ParamValidationError
from botocore.validate import ParamValidator

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@cache
def _model() -> Any:
    return botocore.session.get_session().get_service_model("sagemaker")


def _refuse(code: str, message: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class FakeSageMakerClient:
    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.processing: dict[str, dict[str, Any]] = {}
        self.models: dict[str, dict[str, Any]] = {}
        self.configs: dict[str, dict[str, Any]] = {}
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.failing: ClientError | None = None

    # training

    def create_training_job(self, **members: Any) -> dict[str, Any]:
        self._check("CreateTrainingJob", members)
        name = members["TrainingJobName"]
        if name in self.jobs:
            raise _refuse("ResourceInUse", "Training job names must be unique", "CreateTrainingJob")
        self.jobs[name] = {
            **members,
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": START}],
            "ModelArtifacts": {"S3ModelArtifacts": "s3://somewhere"},
        }
        return {"TrainingJobArn": f"arn:aws:sagemaker:us-east-1:000000000000:training-job/{name}"}

    def describe_training_job(self, **members: Any) -> dict[str, Any]:
        self._check("DescribeTrainingJob", members)
        if members["TrainingJobName"] not in self.jobs:
            raise _refuse("ValidationException", "Requested resource not found.", "DescribeTrainingJob")
        return self.jobs[members["TrainingJobName"]]

    def stop_training_job(self, **members: Any) -> None:
        self._check("StopTrainingJob", members)
        job = self.jobs.get(members["TrainingJobName"])
        if job is None:
            raise _refuse("ValidationException", "Requested resource not found.", "StopTrainingJob")
        if job["TrainingJobStatus"] not in ("InProgress", "Stopping"):
            message = "The request was rejected because the training job is in status Completed."
            raise _refuse("ValidationException", message, "StopTrainingJob")
        self._enter(job, "Stopping", "Stopping")

    def go_on(self, name: str, *statuses: tuple[str, str], reason: str | None = None) -> None:
        """Let a job pass through (secondary, primary) statuses, ten seconds each."""
        for secondary, primary in statuses:
            self._enter(self.jobs[name], secondary, primary)
        if reason:
            self.jobs[name]["FailureReason"] = reason

    def _enter(self, job: dict[str, Any], secondary: str, primary: str) -> None:
        transitions = job["SecondaryStatusTransitions"]
        at = transitions[-1]["StartTime"] + timedelta(seconds=10)
        transitions[-1]["EndTime"] = at
        transitions.append({"Status": secondary, "StartTime": at})
        job |= {"SecondaryStatus": secondary, "TrainingJobStatus": primary}
        if primary in ("Completed", "Failed", "Stopped"):
            transitions[-1]["EndTime"] = at
            job["TrainingEndTime"] = at

    # processing

    def create_processing_job(self, **members: Any) -> dict[str, Any]:
        self._check("CreateProcessingJob", members)
        name = members["ProcessingJobName"]
        if name in self.processing:
            raise _refuse("ResourceInUse", "Processing job names must be unique", "CreateProcessingJob")
        self.processing[name] = {**members, "ProcessingJobStatus": "InProgress"}
        return {"ProcessingJobArn": f"arn:aws:sagemaker:us-east-1:000000000000:processing-job/{name}"}

    def describe_processing_job(self, **members: Any) -> dict[str, Any]:
        self._check("DescribeProcessingJob", members)
        if members["ProcessingJobName"] not in self.processing:
            raise _refuse("ValidationException", "Could not find requested job", "DescribeProcessingJob")
        return self.processing[members["ProcessingJobName"]]

    def stop_processing_job(self, **members: Any) -> None:
        self._check("StopProcessingJob", members)
        job = self.processing.get(members["ProcessingJobName"])
        if job is None:
            raise _refuse("ValidationException", "Could not find requested job", "StopProcessingJob")
        if job["ProcessingJobStatus"] not in ("InProgress", "Stopping"):
            message = "The request was rejected because the processing job is in status Completed."
            raise _refuse("ValidationException", message, "StopProcessingJob")
        job["ProcessingJobStatus"] = "Stopping"

    # hosting

    def create_model(self, **members: Any) -> None:
        self._check("CreateModel", members)
        self._add(self.models, members["ModelName"], members, "model")

    def create_endpoint_config(self, **members: Any) -> None:
        self._check("CreateEndpointConfig", members)
        for variant in members["ProductionVariants"]:
            if variant["ModelName"] not in self.models:
                message = f'Could not find model "{variant["ModelName"]}".'
                raise _refuse("ValidationException", message, "CreateEndpointConfig")
        self._add(self.configs, members["EndpointConfigName"], members, "endpoint configuration")

    def create_endpoint(self, **members: Any) -> None:
        self._check("CreateEndpoint", members)
        self._add(self.endpoints, members["EndpointName"], members, "endpoint")
        self.endpoints[members["EndpointName"]]["EndpointStatus"] = "Creating"

    def update_endpoint(self, **members: Any) -> None:
        self._check("UpdateEndpoint", members)
        endpoint = self._endpoint(members["EndpointName"], "UpdateEndpoint")
        if endpoint["EndpointStatus"] != "InService":
            message = f'Cannot update in-progress endpoint "{members["EndpointName"]}".'
            raise _refuse("ValidationException", message, "UpdateEndpoint")
        endpoint |= {"EndpointStatus": "Updating", "next": members["EndpointConfigName"]}

    def describe_endpoint(self, **members: Any) -> dict[str, Any]:
        self._check("DescribeEndpoint", members)
        return self._endpoint(members["EndpointName"], "DescribeEndpoint")

    def delete_endpoint(self, **members: Any) -> None:
        self._check("DeleteEndpoint", members)
        self._endpoint(members["EndpointName"], "DeleteEndpoint")
        del self.endpoints[members["EndpointName"]]

    def delete_endpoint_config(self, **members: Any) -> None:
        self._drop(self.configs, members["EndpointConfigName"], "endpoint configuration")

    def delete_model(self, **members: Any) -> None:
        self._drop(self.models, members["ModelName"], "model")

    def finish_endpoint(self, name: str) -> None:
        endpoint = self.endpoints[name]
        endpoint["EndpointConfigName"] = endpoint.pop("next", endpoint["EndpointConfigName"])
        endpoint["EndpointStatus"] = "InService"

    def _endpoint(self, name: str, operation: str) -> dict[str, Any]:
        if name not in self.endpoints:
            raise _refuse("ValidationException", f'Could not find endpoint "{name}".', operation)
        return self.endpoints[name]

    def _add(self, kept: dict[str, dict[str, Any]], name: str, members: dict[str, Any], kind: str) -> None:
        if name in kept:
            raise _refuse("ValidationException", f"Cannot create already existing {kind} {name}.", "Create")
        kept[name] = dict(members)

    def _drop(self, kept: dict[str, dict[str, Any]], name: str, kind: str) -> None:
        if name not in kept:
            raise _refuse("ValidationException", f'Could not find {kind} "{name}".', "Delete")
        del kept[name]

    def _check(self, operation: str, members: dict[str, Any]) -> None:
        if self.failing:
            raise self.failing
        report = ParamValidator().validate(members, _model().operation_model(operation).input_shape)
        if report.has_errors():
            raise ParamValidationError(report=report.generate_report())
