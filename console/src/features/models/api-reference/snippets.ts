/** Programs that call a service with a JSON body (spec 08 sections 3 and 7): a token first, then the request. */

export function curlCall(url: string, origin: string, request: string): string {
  return `TOKEN=$(curl -s "${origin}/oauth/2.0/token?grant_type=client_credentials&client_id=$API_KEY&client_secret=$SECRET_KEY" \\
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

curl -s -H 'Content-Type: application/json' -d @- \\
  "${url}?access_token=$TOKEN" <<'JSON'
${request}
JSON
`;
}

export function pythonCall(url: string, origin: string, request: unknown): string {
  return `import os

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

request = ${pythonLiteral(request)}
reply = requests.post(
    "${url}",
    params={"access_token": token},
    json=request,
    timeout=60,
)
print(reply.json())
`;
}

/** A JSON value as Python writes it, members one below the other. */
export function pythonLiteral(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}    `;
  if (Array.isArray(value)) return value.length === 0 ? "[]" : `[\n${value.map((entry) => `${inner}${pythonLiteral(entry, inner)},\n`).join("")}${indent}]`;
  const members = Object.entries(value);
  return members.length === 0 ? "{}" : `{\n${members.map(([name, entry]) => `${inner}${JSON.stringify(name)}: ${pythonLiteral(entry, inner)},\n`).join("")}${indent}}`;
}
