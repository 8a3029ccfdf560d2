"""Who is signed in: single-use URLs become signed cookies.

A cookie outlives the engine, because its key is kept in the state folder, but not the user profile or the
space that it names: a later one of the same name has another key.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from sagemaker_local.protocol.arns import SPACE, USER_PROFILE
from sagemaker_local.state import presigned_urls
from sagemaker_local.state.database import Database
from sagemaker_local.studio.app_settings import is_shared
from sagemaker_local.studio.declared import Declared, load
from sagemaker_local.studio.domains import owner_of

_COOKIE = "sagemaker-studio-"


class Session(BaseModel):
    """What a cookie says; ``space_key`` narrows it to one space."""

    model_config = ConfigDict(frozen=True)

    profile_arn: str
    profile_key: str
    domain_id: str
    space_name: str | None = None
    space_key: str | None = None
    expires_at: float


class Invitation(BaseModel):
    """What a presigned URL stands for until it is used."""

    model_config = ConfigDict(frozen=True)

    profile_arn: str
    profile_key: str
    domain_id: str
    space_name: str | None = None
    space_key: str | None = None
    session_s: int
    landing_path: str

    def session(self, now: float) -> Session:
        return Session(
            profile_arn=self.profile_arn,
            profile_key=self.profile_key,
            domain_id=self.domain_id,
            space_name=self.space_name,
            space_key=self.space_key,
            expires_at=now + self.session_s,
        )


@dataclass(frozen=True)
class Cookie:
    name: str
    value: str
    path: str
    max_age_s: int


class SessionCookies:
    """Writes sessions into cookies, and reads only what it wrote itself."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, b"studio sessions", hashlib.sha256).digest()

    def write(self, session: Session, now: float) -> Cookie:
        path = _scope_path(session.domain_id, session.space_name)
        payload = base64.urlsafe_b64encode(session.model_dump_json(exclude_none=True).encode()).decode()
        value = f"{payload}.{self._signature(payload)}"
        return Cookie(_cookie_name(path), value, path, max(0, round(session.expires_at - now)))

    def read(
        self, cookies: Mapping[str, str], domain_id: str, space_name: str | None, now: float
    ) -> Session | None:
        path = _scope_path(domain_id, space_name)
        payload, _, signature = cookies.get(_cookie_name(path), "").partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(payload).encode()):
            return None
        try:
            session = Session.model_validate_json(base64.urlsafe_b64decode(payload))
        except (binascii.Error, ValidationError):
            return None
        # Its name is not signed, so a cookie of another domain or space could come under this one.
        belongs = _scope_path(session.domain_id, session.space_name) == path
        return session if belongs and session.expires_at > now else None

    def _signature(self, payload: str) -> str:
        return hmac.new(self._key, payload.encode(), hashlib.sha256).hexdigest()


class Sessions:
    def __init__(self, database: Database, cookies: SessionCookies) -> None:
        self._database = database
        self._cookies = cookies

    def issue(
        self, connection: sqlite3.Connection, invitation: Invitation, *, now: float, expires_s: int
    ) -> str:
        """Return the token of a presigned URL; part of the caller's transaction."""
        token = secrets.token_urlsafe(32)
        presigned_urls.issue(
            connection, token, invitation.model_dump_json(), now=now, expires_at=now + expires_s
        )
        return token

    async def redeem(self, token: str, domain_id: str) -> tuple[Cookie, str] | None:
        """Return the cookie and where to go; None for a URL that is used up, too old or made up."""
        now = time.time()
        doc = await self._database.run(lambda connection: presigned_urls.redeem(connection, token, now))
        invitation = Invitation.model_validate_json(doc) if doc is not None else None
        if invitation is None or invitation.domain_id != domain_id:
            return None
        session = invitation.session(now)
        if await self._database.read(lambda connection: _profile_of(connection, session)) is None:
            return None
        return self._cookies.write(session, now), invitation.landing_path

    async def of_domain(self, cookies: Mapping[str, str], domain_id: str) -> Declared | None:
        """The user profile that is signed in to a whole domain."""
        session = self._cookies.read(cookies, domain_id, None, time.time())
        if session is None:
            return None
        return await self._database.read(lambda connection: _profile_of(connection, session))

    async def of_space(
        self, cookies: Mapping[str, str], domain_id: str, space_name: str
    ) -> tuple[Session, Declared] | None:
        """The session that may use a space, made for that space or for the domain, and the space."""
        for name in (space_name, None):
            session = self._cookies.read(cookies, domain_id, name, time.time())
            space = await self._usable(session, space_name) if session is not None else None
            if session is not None and space is not None:
                return session, space
        return None

    async def _usable(self, session: Session, space_name: str) -> Declared | None:
        return await self._database.read(lambda connection: _usable_space(connection, session, space_name))


def is_session_cookie(name: str) -> bool:
    return name.startswith(_COOKIE)


def may_use(profile: Declared, space: Declared) -> bool:
    """A shared space is everybody's in its domain, a private one its owner's."""
    return is_shared(space) or owner_of(space).lower() == profile.name.lower()


def _profile_of(connection: sqlite3.Connection, session: Session) -> Declared | None:
    profile = load(connection, session.profile_arn)
    same = profile is not None and profile.kind == USER_PROFILE and profile.key == session.profile_key
    return profile if same else None


def _usable_space(connection: sqlite3.Connection, session: Session, space_name: str) -> Declared | None:
    prefix = session.profile_arn.replace(f":{USER_PROFILE}/", f":{SPACE}/").rsplit("/", 1)[0]
    profile, space = _profile_of(connection, session), load(connection, f"{prefix}/{space_name.lower()}")
    if profile is None or space is None or session.space_key not in (None, space.key):
        return None
    return space if may_use(profile, space) else None


def _scope_path(domain_id: str, space_name: str | None) -> str:
    start = f"/studio/{domain_id}"
    return start if space_name is None else f"{start}/spaces/{space_name.lower()}"


def _cookie_name(path: str) -> str:
    """One name per scope: a browser sends all that fit a path, and names must tell them apart."""
    return _COOKIE + hashlib.sha256(path.encode()).hexdigest()[:16]
