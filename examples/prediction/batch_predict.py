"""Predict a whole input through the manual's API: create, wait, tell where the predictions are.

python batch_predict.py URL API_KEY SECRET_KEY PROJECT_ID MODEL_PATH INPUT
"""

import json
import sys
import time
import urllib.request


def call(url, body):
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as reply:
        document = json.loads(reply.read())
    if "error_code" in document:
        sys.exit(f"{document['error_code']}: {document['error_msg']}")
    return document


def main(url, api_key, secret_key, project_id, model_path, source):
    keys = f"grant_type=client_credentials&client_id={api_key}&client_secret={secret_key}"
    token = call(f"{url}/oauth/2.0/token?{keys}", {})["access_token"]

    def predict(operation, **body):
        address = f"{url}/rpc/2.0/easydl/pro/predict/{operation}?access_token={token}"
        return call(address, {"prjId": project_id, **body})

    job_id = predict(
        "create",
        name=f"batch {int(time.time())}",
        description="all of it",
        train_config={"env_type": "DEFAULT", "model_path": model_path, "model_path_source": 1},
        dataset_config={"input_file": source, "input_file_source": 1},
        resource_config={"node_count": 1, "resource_name": "CPU_4C_16G"},
    )["result"]
    while (job := predict("detail", id=job_id))["status"] in ("UNTRAIN", "PENDING", "RUNNING"):
        time.sleep(5)
    print(job["status"], job["dataset_config"]["output_file"])


if __name__ == "__main__":
    main(*sys.argv[1:])
