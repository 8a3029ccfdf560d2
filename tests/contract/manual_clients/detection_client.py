"""As the manual's Python sample of detection: threshold as text, header by hand, corners from boxes."""

import json
import os

import requests

host = "{}/oauth/2.0/token?grant_type=client_credentials&client_id={}&client_secret={}".format(
    os.environ["HOST"], os.environ["API_KEY"], os.environ["SECRET_KEY"]
)
access_token = requests.get(host, timeout=30).json()["access_token"]

with open(os.environ["BODY"], encoding="utf-8") as file:
    payload = {"image": json.load(file)["image"], "threshold": "0.7"}
request_url = "{}?access_token=".format(os.environ["ADDRESS"]) + access_token
header = {"Content-Type": "application/json"}
text = requests.post(request_url, data=json.dumps(payload), headers=header, timeout=60).text

corners = []
for target in json.loads(text)["results"]:
    box = target["location"]
    first = (box["left"], box["top"])
    corners.append(
        (target["name"], target["score"], first, (first[0] + box["width"], first[1] + box["height"]))
    )
print(text)
