"""Get an access token: python access_token.py API_KEY SECRET_KEY"""

import json
import os
import sys
import urllib.parse
import urllib.request

api_key, secret_key = sys.argv[1:3]
query = urllib.parse.urlencode(
    {"grant_type": "client_credentials", "client_id": api_key, "client_secret": secret_key}
)
url = f"{os.environ['OPENBML_URL']}/oauth/2.0/token?{query}"
with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - your own address
    print(json.load(answer)["access_token"])  # noqa: T201
