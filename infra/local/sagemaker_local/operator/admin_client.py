"""The engine's admin routes, asked from the command line."""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any

from sagemaker_local.settings import Settings

TOKEN_HEADER = "X-Sml-Token"  # noqa: S105 - a header's name
_TIMEOUT_S = 60


class CommandError(Exception):
    """The command cannot be carried out; the message says why and what to do."""


@dataclass(frozen=True)
class AdminClient:
    settings: Settings

    @property
    def token(self) -> str:
        try:
            return self.settings.token_file.read_text().strip()
        except FileNotFoundError as error:
            raise CommandError(
                f"no engine has run with {self.settings.state_dir} (setting SML_STATE_DIR)"
            ) from error

    def state(self, name: str | None = None) -> dict[str, Any]:
        question = f"?{urllib.parse.urlencode({'name': name})}" if name else ""
        return self._admin("GET", f"state{question}")

    def collect_garbage(self) -> dict[str, int]:
        return self._admin("POST", "gc")

    def call(self, operation: str, document: dict[str, Any]) -> None:
        """One operation of the SageMaker API."""
        headers = {"X-Amz-Target": f"SageMaker.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        body = json.dumps(document).encode()
        self._send(urllib.request.Request(f"{self.settings.url}/", data=body, method="POST", headers=headers))  # noqa: S310 - the engine's own address

    def _admin(self, method: str, path: str) -> dict[str, Any]:
        address = f"{self.settings.url}/_local/{path}"
        request = urllib.request.Request(address, method=method, headers={TOKEN_HEADER: self.token})  # noqa: S310 - the engine's own address
        return dict(json.loads(self._send(request)))

    def _send(self, request: urllib.request.Request) -> bytes:
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310 - the engine's own address
                return bytes(reply.read())
        except urllib.error.HTTPError as error:
            raise CommandError(error.read().decode("utf-8", "replace")) from error
        except OSError as error:
            raise CommandError(
                f"the engine does not answer at {self.settings.url}: {error}; is it running?"
            ) from error
