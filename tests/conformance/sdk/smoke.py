"""In the SDK's environment: one training job through the SDK's resources."""

import json
import os
import sys
from pathlib import Path

from sagemaker.core.resources import TrainingJob
from sagemaker.core.shapes import (
    AlgorithmSpecification,
    OutputDataConfig,
    ResourceConfig,
    StoppingCondition,
)

request = json.loads(sys.argv[1])
job = TrainingJob.create(
    training_job_name=request["name"],
    role_arn=os.environ["ROLE"],
    algorithm_specification=AlgorithmSpecification(
        training_image=request["image"],
        training_input_mode="File",
        container_entrypoint=["python3", "-c", "open('/opt/ml/model/x', 'w').write('made')"],
    ),
    output_data_config=OutputDataConfig(s3_output_path=request["output"], compression_type="NONE"),
    resource_config=ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=1),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=60),
)
job.wait(poll=1)
job.refresh()
answer = {"status": job.training_job_status, "artifacts": job.model_artifacts.s3_model_artifacts}
Path(sys.argv[2]).write_text(json.dumps(answer))
