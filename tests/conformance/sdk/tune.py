"""In the SDK's environment: a search over one hyper-parameter of a scikit-learn script."""

import json
import os
import sys
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig, SourceCode
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

request = json.loads(sys.argv[1])
trainer = ModelTrainer(
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]),
    training_image=request["image"],
    source_code=SourceCode(source_dir=request["source"], entry_script="score.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    base_job_name=request["name"],
    role=os.environ["ROLE"],
    output_data_config=OutputDataConfig(s3_output_path=request["output"]),
    hyperparameters={"offset": 1},
)
tuner = HyperparameterTuner(
    model_trainer=trainer,
    objective_metric_name="score",
    metric_definitions=[{"Name": "score", "Regex": "score=([0-9.]+);"}],
    hyperparameter_ranges={"weight": ContinuousParameter(0.0, 1.0)},
    strategy="Random",
    objective_type="Maximize",
    max_jobs=3,
    max_parallel_jobs=1,
    random_seed=5,
)
tuner.tune(
    inputs=[InputData(channel_name="train", data_source=request["data"])], job_name=request["name"], wait=True
)
job = tuner.latest_tuning_job
job.refresh()
best = job.best_training_job
Path(sys.argv[2]).write_text(
    json.dumps(
        {
            "status": job.hyper_parameter_tuning_job_status,
            "completed": job.training_job_status_counters.completed,
            "best": best.training_job_name,
            "score": best.final_hyper_parameter_tuning_job_objective_metric.value,
            "parameters": best.tuned_hyper_parameters,
        }
    )
)
