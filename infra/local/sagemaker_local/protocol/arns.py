"""ARNs and the calls they belong to."""

from dataclasses import dataclass

from sagemaker_local.protocol.errors import ValidationException

TRAINING_JOB = "training-job"
MODEL = "model"
ENDPOINT_CONFIG = "endpoint-config"
ENDPOINT = "endpoint"
INFERENCE_COMPONENT = "inference-component"
TUNING_JOB = "hyper-parameter-tuning-job"
PROCESSING_JOB = "processing-job"
TRANSFORM_JOB = "transform-job"
DOMAIN = "domain"
USER_PROFILE = "user-profile"
SPACE = "space"
APP = "app"
IMAGE = "image"
IMAGE_VERSION = "image-version"
APP_IMAGE_CONFIG = "app-image-config"

#: Kinds of jobs and how their operations call them.
STOPPABLE = {
    TRAINING_JOB: "TrainingJob",
    TUNING_JOB: "HyperParameterTuningJob",
    PROCESSING_JOB: "ProcessingJob",
    TRANSFORM_JOB: "TransformJob",
}


@dataclass(frozen=True)
class Scope:
    """Region and account of a call. ARNs are lower case; the name keeps its case elsewhere."""

    region: str
    account_id: str

    def arn(self, kind: str, name: str) -> str:
        return f"{self.prefix(kind)}{name.lower()}"

    def prefix(self, kind: str) -> str:
        return f"arn:aws:sagemaker:{self.region}:{self.account_id}:{kind}/"


@dataclass(frozen=True)
class ParsedArn:
    region: str
    account_id: str
    kind: str
    name: str

    @property
    def scope(self) -> Scope:
        return Scope(self.region, self.account_id)


def parse_arn(arn: str) -> ParsedArn:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", "aws", "sagemaker"] or "/" not in parts[5]:
        raise ValidationException(f"The ARN {arn} is not the ARN of a SageMaker resource.")
    kind, _, name = parts[5].partition("/")
    return ParsedArn(region=parts[3], account_id=parts[4], kind=kind, name=name)
