"""Who we are to Baserow: a database token for rows, or a person's login for tables and fields."""

from collections.abc import Generator

import httpx
from pydantic import SecretStr

from blocks.errors import BaserowError


class TokenAuth(httpx.Auth):
    """A database token: may read and write rows, and nothing else."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Token {self._token.get_secret_value()}"
        yield request


class LoginAuth(httpx.Auth):
    """A user's login. The access token lives 10 minutes; it is renewed when Baserow says that it is over."""

    requires_response_body = True

    def __init__(self, url: str, email: str, password: SecretStr) -> None:
        self._user_url = f"{url.rstrip('/')}/api/user/"
        self._email, self._password = email, password
        self._access, self._refresh = "", ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if not self._access:
            self._keep((yield self._login()))
        request.headers["Authorization"] = f"JWT {self._access}"
        response = yield request
        if response.status_code == 401 and "ERROR_INVALID_ACCESS_TOKEN" in response.text:
            renewed = yield httpx.Request(
                "POST", f"{self._user_url}token-refresh/", json={"refresh_token": self._refresh}
            )
            self._keep(renewed if renewed.status_code == 200 else (yield self._login()))
            request.headers["Authorization"] = f"JWT {self._access}"
            yield request

    def _login(self) -> httpx.Request:
        given = {"email": self._email, "password": self._password.get_secret_value()}
        return httpx.Request("POST", f"{self._user_url}token-auth/", json=given)

    def _keep(self, response: httpx.Response) -> None:
        if response.status_code >= 500 or response.status_code == 429:
            raise httpx.RemoteProtocolError(f"the login was answered with {response.status_code}")
        if response.status_code != 200:
            raise BaserowError(
                f"Baserow refused the login of {self._email} ({response.status_code}).",
                means="no table can be made or checked; nothing was changed.",
                do="check the e-mail address and the password, and that the user may log in with a password.",
            )
        try:
            body = response.json()
            self._access = str(body["access_token"])
            self._refresh = str(body.get("refresh_token", self._refresh))
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            raise httpx.RemoteProtocolError("the login was answered without a token") from None
