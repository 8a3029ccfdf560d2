"""Answers what the contract tests ask: who the caller is, what the environment holds, and what arrived."""

import json
import os
import sys
from typing import Any

import boto3
from botocore.config import Config
from greeting.words import hello

NAMES = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER", "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", "AWS_REGION")


def lambda_handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    if "Records" in event:
        table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
        for record in event["Records"]:
            table.put_item(Item={"id": record["messageId"], "body": record["body"]})
        return {"batchItemFailures": []}
    if event["requestContext"].get("routeKey") == "$connect":
        return {"statusCode": 401 if event["queryStringParameters"]["ticket"] == "forged" else 200}
    if "connectionId" in event["requestContext"]:
        return {"statusCode": 200, "body": f"heard {event['body']}"}
    if event["path"].endswith("/presign"):
        # Without s3v4 the address would be signed the old way, which binds the Content-Type header too.
        storage = boto3.client("s3", config=Config(signature_version="s3v4"))
        url = storage.generate_presigned_url(
            "put_object", Params={"Bucket": os.environ["BUCKET"], "Key": "uploads/a.txt"}
        )
        return {"statusCode": 200, "body": json.dumps({"url": url})}
    if event["path"].endswith("/forbidden"):
        names = boto3.client("dynamodb").list_tables()["TableNames"]
        return {"statusCode": 200, "body": json.dumps(names)}
    answer = {
        "hello": hello("cloud"),
        "caller": boto3.client("sts").get_caller_identity()["Arn"],
        "python": list(sys.version_info[:2]),
        "environment": {name: os.environ.get(name) for name in NAMES},
        "path": event["path"],
        "method": event["httpMethod"],
        "query": event.get("multiValueQueryStringParameters"),
        "headers": {name.lower(): value for name, value in event["headers"].items()},
        "body": event.get("body"),
    }
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(answer)}
