"""In the SDK's environment: a trained model behind an endpoint, asked, then removed."""

import json
import os
import sys
from pathlib import Path

from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import EndpointConfig
from sagemaker.serve.model_builder import ModelBuilder

request = json.loads(sys.argv[1])
builder = ModelBuilder(
    sagemaker_session=Session(default_bucket=os.environ["BUCKET"]),
    image_uri=request["image"],
    s3_model_data_url=request["model"],
    role_arn=os.environ["ROLE"],
    instance_type="ml.m5.large",
)
model = builder.build(model_name=request["name"])
endpoint = builder.deploy(
    endpoint_name=request["name"], initial_instance_count=1, instance_type="ml.m5.large"
)
reply = endpoint.invoke(body=request["body"], content_type="text/csv", accept="application/json")
endpoint.refresh()
answer = {"status": endpoint.endpoint_status, "reply": json.loads(reply.body.read())}
config = EndpointConfig.get(endpoint_config_name=endpoint.endpoint_config_name)
endpoint.delete()
endpoint.wait_for_delete()
config.delete()
model.delete()
Path(sys.argv[2]).write_text(json.dumps(answer))
