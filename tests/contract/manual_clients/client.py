"""As the manual's Python 3 sample of sounds, with the fields of whatever task `BODY` is for."""

import json
import os

import requests

AUTH_URL = "{}/oauth/2.0/token?grant_type=client_credentials&client_id={}&client_secret={}"

with open(os.environ["BODY"], encoding="utf-8") as file:
    parameters = json.load(file)

auth = requests.get(
    AUTH_URL.format(os.environ["HOST"], os.environ["API_KEY"], os.environ["SECRET_KEY"]), timeout=30
)
token = auth.json()["access_token"]

request_url = "{}?access_token={}".format(os.environ["ADDRESS"], token)
response = requests.post(url=request_url, json=parameters, timeout=60)
print(json.dumps(response.json(), indent=4, ensure_ascii=False))
