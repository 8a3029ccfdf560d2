"""In the SDK's environment: a batch transform of the lines of some files."""

import json
import os
import sys
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Model
from sagemaker.core.shapes import ContainerDefinition
from sagemaker.core.transformer import Transformer

request = json.loads(sys.argv[1])
Model.create(
    model_name=request["name"],
    primary_container=ContainerDefinition(image=request["image"], model_data_url=request["model"]),
    execution_role_arn=os.environ["ROLE"],
)
transformer = Transformer(
    model_name=request["name"],
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="application/jsonlines",
    output_path=request["output"],
    base_transform_job_name=request["name"],
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]),
)
transformer.transform(data=request["data"], content_type="text/csv", split_type="Line", wait=True, logs=False)
job = transformer.latest_transform_job
job.refresh()
Path(sys.argv[2]).write_text(json.dumps({"status": job.transform_job_status}))
