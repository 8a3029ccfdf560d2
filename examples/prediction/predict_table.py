"""Asks a tabular service for a row and says why it answers so: predict_table.py SERVICE_URL ACCESS_TOKEN"""

import json
import sys
import urllib.request

url, token = sys.argv[1:]
row = {"age": 30, "colour": "blue", "since": "2005-06-01"}
request = urllib.request.Request(
    f"{url}?access_token={token}",
    data=json.dumps({"data": [row], "explain": True}).encode(),
    headers={"Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=30) as response:
    reply = json.load(response)
if "error_code" in reply:
    sys.exit(f"{reply['error_code']} {reply['error_msg']}")
result = reply["batch_results"][0]
print(result["label"] if "label" in result else result["value"])
for part in result["explanation"]["contributions"]:
    print(f"{part['contribution']:+9.4f}  {part['feature']} = {part['value']}")
