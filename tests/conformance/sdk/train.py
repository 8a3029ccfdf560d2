"""In the SDK's environment: training with a source folder, requirements and torchrun on two machines."""

import json
import os
import sys
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig, SourceCode
from sagemaker.train.distributed import Torchrun
from sagemaker.train.model_trainer import ModelTrainer

request = json.loads(sys.argv[1])
trainer = ModelTrainer(
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]),
    training_image=request["image"],
    source_code=SourceCode(
        source_dir=request["source"], entry_script="train.py", requirements="requirements.txt"
    ),
    compute=Compute(instance_type="ml.m5.large", instance_count=2),
    distributed=Torchrun(process_count_per_node=1),
    hyperparameters={"factor": 5},
    base_job_name=request["name"],
    role=os.environ["ROLE"],
    output_data_config=OutputDataConfig(s3_output_path=request["output"]),
    input_data_config=[InputData(channel_name="train", data_source=request["data"])],
)
trainer.train(wait=True, logs=False)
job = trainer._latest_training_job
Path(sys.argv[2]).write_text(
    json.dumps({"name": job.training_job_name, "artifacts": job.model_artifacts.s3_model_artifacts})
)
