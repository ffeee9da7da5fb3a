"""Users with their JWTs, and database tokens with their rights."""

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from tests.doubles.baserow import answers
from tests.doubles.baserow.store import Store, Table

ACCESS_LIFETIME = timedelta(minutes=10)
RIGHTS = ("create", "read", "update", "delete")
Right = Literal["create", "read", "update", "delete"]


@dataclass
class User:
    id: int
    name: str
    email: str
    password: str

    def shown(self) -> dict[str, Any]:
        return {
            "first_name": self.name,
            "username": self.email,
            "is_staff": self.id == 1,
            "id": self.id,
            "language": "en",
            "email_notification_frequency": "instant",
            "email_verified": False,
            "completed_onboarding": False,
            "completed_guided_tours": [],
        }


@dataclass
class Token:
    id: int
    name: str
    workspace: int
    key: str
    permissions: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(RIGHTS, True))

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "workspace": self.workspace,
            "key": self.key,
            "permissions": self.permissions,
        }

    def may(self, right: Right, table: Table) -> bool:
        allowed = self.permissions[right]
        if isinstance(allowed, list):
            return ["table", table.id] in allowed or ["database", table.database_id] in allowed
        return bool(allowed) and table.workspace_id == self.workspace


def token_key() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(32))


@dataclass
class Accounts:
    store: Store
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[int, Token] = field(default_factory=dict)
    access: dict[str, tuple[User, datetime]] = field(default_factory=dict)
    """Access JWT → its user and its end."""
    refresh: dict[str, User] = field(default_factory=dict)

    def register(self, body: dict[str, Any]) -> dict[str, Any]:
        user = User(self.store.take("user"), body["name"], body["email"], body["password"])
        self.users[user.email] = user
        return self._login(user)

    def login(self, body: dict[str, Any]) -> dict[str, Any]:
        user = self.users.get(body.get("email", ""))
        if user is None or user.password != body.get("password"):
            detail = "No active account found with the given credentials."
            raise answers.refused(401, "ERROR_INVALID_CREDENTIALS", detail)
        return self._login(user)

    def renew(self, body: dict[str, Any]) -> dict[str, Any]:
        user = self.refresh.get(body.get("refresh_token", ""))
        if user is None:
            raise answers.refused(401, "ERROR_INVALID_REFRESH_TOKEN", "Refresh token is expired or invalid.")
        return self._session(user)

    def _login(self, user: User) -> dict[str, Any]:
        refresh = self._jwt()
        self.refresh[refresh] = user
        return self._session(user) | {"refresh_token": refresh, "user_session": secrets.token_hex(8)}

    def _session(self, user: User) -> dict[str, Any]:
        access = self._jwt()
        self.access[access] = (user, self.store.clock() + ACCESS_LIFETIME)
        return {
            "user": user.shown(),
            "token": access,
            "access_token": access,
            "permissions": [],
            "user_notifications": {"unread_count": 0},
        }

    def _jwt(self) -> str:
        return ".".join(secrets.token_urlsafe(12) for _ in range(3))

    # who asks

    def user(self, header: str | None) -> User:
        """The user of a JWT; a database token is no credential where this is asked."""
        scheme, _, rest = (header or "").partition(" ")
        if scheme.upper() != "JWT":
            raise answers.no_credentials()
        user, end = self.access.get(rest, (None, None))
        if user is None or end is None or end <= self.store.clock():
            raise answers.bad_jwt()
        return user

    def token(self, header: str | None) -> Token | None:
        """The token of a request, or None when a JWT came instead."""
        scheme, _, rest = (header or "").strip().partition(" ")
        if scheme.upper() == "JWT":
            self.user(header)
            return None
        if scheme.lower() != "token":
            raise answers.no_credentials()
        if not rest:
            raise answers.bad_token("Invalid token header. No token provided.", "ERROR_INVALID_TOKEN_HEADER")
        if " " in rest:
            raise answers.bad_token(
                "Invalid token header. Token string should not contain spaces.", "ERROR_INVALID_TOKEN_HEADER"
            )
        token = next((t for t in self.tokens.values() if t.key == rest), None)
        if token is None or token.workspace not in self.store.workspaces:
            raise answers.bad_token()
        return token

    def check(self, header: str | None) -> dict[str, str]:
        """`tokens/check/`: the one endpoint that says 403 where the others say 401."""
        try:
            if self.token(header) is None:
                raise answers.no_credentials()
        except answers.RefusedError as refusal:
            raise answers.RefusedError(403, refusal.body) from refusal
        return {"token": "OK"}

    def new_token(self, name: str, workspace: int) -> Token:
        token = Token(self.store.take("token"), name, workspace, token_key())
        self.tokens[token.id] = token
        return token

    def change_token(self, token_id: int, body: dict[str, Any]) -> dict[str, Any]:
        token = self.tokens[token_id]
        token.permissions = body.get("permissions", token.permissions)
        if body.get("rotate_key"):
            token.key = token_key()
        return token.shown()
