"""CreatePresignedDomainUrl."""

import re
import sqlite3
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from sagemaker_local.protocol.arns import Scope
from sagemaker_local.protocol.control import Handler
from sagemaker_local.protocol.errors import ValidationException
from sagemaker_local.state.database import Database
from sagemaker_local.studio.apps import base_url
from sagemaker_local.studio.domains import find_domain, find_profile
from sagemaker_local.studio.sessions import Invitation, Sessions, may_use
from sagemaker_local.studio.spaces import find_space

_URL_EXPIRES_S = 300
_SESSION_EXPIRES_S = 43200
_LANDING = re.compile(r"app:JupyterLab:(?P<path>.*)|studio::.*", re.DOTALL)


class PresignedUrlOperation:
    def __init__(self, database: Database, sessions: Sessions, engine_url: str) -> None:
        self._database = database
        self._sessions = sessions
        self._engine_url = engine_url

    def handlers(self) -> dict[str, Handler]:
        return {"CreatePresignedDomainUrl": self.create}

    async def create(self, scope: Scope, request: Mapping[str, Any]) -> dict[str, Any]:
        domain_id, space_name = request["DomainId"], request.get("SpaceName")
        now = time.time()

        def work(connection: sqlite3.Connection) -> str:
            domain = find_domain(connection, scope, domain_id)
            if domain.request["AuthMode"] != "IAM":
                raise ValidationException(
                    "CreatePresignedDomainUrl can only be called for domains with AuthMode IAM."
                )
            profile = find_profile(connection, scope, domain_id, request["UserProfileName"])
            space = find_space(connection, scope, domain_id, space_name) if space_name else None
            if space is not None and not may_use(profile, space):
                raise ValidationException(
                    f"UserProfile [{profile.name}] may not use the private space [{space.name}]."
                )
            invitation = Invitation(
                profile_arn=profile.arn,
                profile_key=profile.key,
                domain_id=domain_id,
                space_name=space.name if space else None,
                space_key=space.key if space else None,
                session_s=request.get("SessionExpirationDurationInSeconds", _SESSION_EXPIRES_S),
                landing_path=landing_path(
                    domain_id, space.name if space else None, request.get("LandingUri")
                ),
            )
            return self._sessions.issue(
                connection, invitation, now=now, expires_s=request.get("ExpiresInSeconds", _URL_EXPIRES_S)
            )

        token = await self._database.run(work)
        return {"AuthorizedUrl": f"{self._engine_url}/studio/{domain_id}/auth?token={token}"}


def landing_path(domain_id: str, space_name: str | None, landing_uri: str | None) -> str:
    """Where a used URL leads: a path of this engine, whatever the landing URI says."""
    found = _LANDING.fullmatch(landing_uri or "app:JupyterLab:")
    if found is None:
        raise ValidationException(
            "LandingUri must be studio::relative/path or app:JupyterLab:relative/path; the other apps are "
            "not supported by sagemaker-local."
        )
    if space_name is None:
        return f"/studio/{domain_id}"
    parts = [part for part in (found["path"] or "").split("/") if part not in ("", ".", "..")]
    # Jupyter's own names for places in the lab; anything else is a file.
    if parts and parts[0] not in ("lab", "tree", "doc"):
        parts = ["lab", "tree", *parts]
    return f"{base_url(domain_id, space_name)}/{urllib.parse.quote('/'.join(parts) or 'lab')}"
