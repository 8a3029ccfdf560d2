/** Programs that call a service (spec 08 sections 3 and 9): a token first, then the image in base64. */

export function curlSnippet(url: string, origin: string): string {
  return `TOKEN=$(curl -s "${origin}/oauth/2.0/token?grant_type=client_credentials&client_id=$API_KEY&client_secret=$SECRET_KEY" \\
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

printf '{"image": "%s"}' "$(base64 < image.jpg | tr -d '\\n')" \\
  | curl -s -H 'Content-Type: application/json' -d @- \\
    "${url}?access_token=$TOKEN"
`;
}

export function pythonSnippet(url: string, origin: string): string {
  return `import base64
import os
from pathlib import Path

import requests

token = requests.post(
    "${origin}/oauth/2.0/token",
    params={
        "grant_type": "client_credentials",
        "client_id": os.environ["API_KEY"],
        "client_secret": os.environ["SECRET_KEY"],
    },
    timeout=30,
).json()["access_token"]

image = base64.b64encode(Path("image.jpg").read_bytes()).decode()
reply = requests.post(
    "${url}",
    params={"access_token": token},
    json={"image": image},
    timeout=60,
)
print(reply.json())
`;
}
