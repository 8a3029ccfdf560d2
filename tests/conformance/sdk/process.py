"""In the SDK's environment: a processing job from a local script."""

import json
import os
import sys
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import (
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)

request = json.loads(sys.argv[1])
processor = ScriptProcessor(
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]),
    role=os.environ["ROLE"],
    image_uri=request["image"],
    command=["python3"],
    instance_count=1,
    instance_type="ml.m5.large",
    base_job_name=request["name"],
)
processor.run(
    code=request["script"],
    inputs=[
        ProcessingInput(
            input_name="rows",
            s3_input=ProcessingS3Input(
                s3_uri=request["data"],
                local_path="/opt/ml/processing/input/rows",
                s3_data_type="S3Prefix",
                s3_input_mode="File",
            ),
        )
    ],
    outputs=[
        ProcessingOutput(
            output_name="sums",
            s3_output=ProcessingS3Output(
                s3_uri=request["output"],
                local_path="/opt/ml/processing/output/sums",
                s3_upload_mode="EndOfJob",
            ),
        )
    ],
    arguments=["--scale", "10"],
    wait=True,
    logs=False,
)
processor.latest_job.refresh()
Path(sys.argv[2]).write_text(json.dumps({"status": processor.latest_job.processing_job_status}))
