"""The service models that ship with botocore: what exists, and what it looks like."""

from dataclasses import dataclass

import botocore.session
from botocore.model import OperationModel, ServiceModel


@dataclass(frozen=True)
class ServiceModels:
    control: ServiceModel
    runtime: ServiceModel

    def operation(self, name: str) -> OperationModel | None:
        if name not in self.control.operation_names:
            return None
        return self.control.operation_model(name)


def load_service_models() -> ServiceModels:
    session = botocore.session.Session()
    return ServiceModels(
        control=session.get_service_model("sagemaker", api_version="2017-07-24"),
        runtime=session.get_service_model("sagemaker-runtime"),
    )
