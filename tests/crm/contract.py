"""The recorded exchanges with a real Baserow 1.35.3, sent again to the double, and the answers compared."""

import gzip
import http.client
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.doubles.baserow import BaserowDouble

RECORDING = Path(__file__).parents[1] / "data" / "baserow" / "contract.jsonl.gz"
PASSWORD = "the password of the recording"
MOMENT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
SECRETS = {"access_token", "refresh_token", "user_session", "token", "permissions", "Key", "key"}
"""Answers' keys whose values are made anew by every server: JWTs, token keys, a uuid, the user interface's rights."""


@cache
def recorded() -> list[dict[str, Any]]:
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def numbered() -> dict[int, dict[str, Any]]:
    return {line["n"]: line for line in recorded() if "n" in line}


@dataclass
class Answer:
    status: int
    body: Any
    headers: dict[str, str]


@dataclass
class Player:
    """Sends recorded requests to a double. `secrets` gives the double's value for each placeholder."""

    double: BaserowDouble
    secrets: dict[str, str] = field(default_factory=lambda: {"<PASSWORD>": PASSWORD})
    now: datetime = datetime(2026, 11, 22, 13, 5, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.double.store.clock = lambda: self.now

    def send(self, method: str, path: str, query: str = "", body: Any = None, **headers: str) -> Answer:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection(urlsplit(self.double.url).netloc, timeout=20)
        try:
            connection.putrequest(method, path + (f"?{query}" if query else ""), "Host" in headers, True)
            for name, value in headers.items():
                connection.putheader(name, self.filled(value))
            if data:
                connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data or None)
            answer = connection.getresponse()
            text = answer.read().decode()
            is_json = answer.headers.get("Content-Type", "").startswith("application/json")
            parsed = json.loads(text) if is_json and text else text or None
            return Answer(answer.status, parsed, {k.lower(): v for k, v in answer.headers.items()})
        finally:
            connection.close()

    def play(self, line: dict[str, Any], body: Any = None) -> Answer:
        """The double's answer to a recorded request; `body` replaces one the recording cut."""
        request = line["request"]
        self._set_clock(line)
        self._log_in_again()
        headers = dict(request.get("headers", {}))
        given = request.get("body") if body is None else body
        if isinstance(given, str):
            given = given.encode()
        elif given is not None and not isinstance(given, bytes):
            given = self.filled(json.dumps(given)).encode()
            headers.setdefault("Content-Type", "application/json")
        query = request.get("raw_query") or quote(request.get("query", ""), safe="&=,-+.:_/{}[]\"'?<>@")
        answer = self.send(request["method"], request["path"], self.filled(query), given, **headers)
        self._learn(line, answer)
        return answer

    def filled(self, text: str) -> str:
        for placeholder, value in self.secrets.items():
            text = text.replace(placeholder, value)
        return text

    def _set_clock(self, line: dict[str, Any]) -> None:
        """The double's clock shows what the recorded answer to a write says it showed."""
        if line["request"]["method"] in ("POST", "PATCH") and line["response"].get("status") == 200:
            found = MOMENT.findall(json.dumps(line["response"]["body"]))
            self.now = max([datetime.fromisoformat(moment) for moment in found], default=self.now)

    def _log_in_again(self) -> None:
        """The recorder's JWT was always fresh; ours ends when the clock jumps."""
        for email in list(self.double.accounts.users)[:1]:
            login = self.double.accounts.login({"email": email, "password": PASSWORD})
            self.secrets["<JWT>"] = login["access_token"]

    def _learn(self, line: dict[str, Any], answer: Answer) -> None:
        expected = line["response"].get("body")
        if isinstance(expected, dict) and isinstance(answer.body, dict) and answer.status == 200:
            for key in ("token", "key"):
                placeholder = expected.get(key)
                if isinstance(placeholder, str) and placeholder.startswith("<"):
                    self.secrets[placeholder] = answer.body[key]
            if "refresh_token" in answer.body:
                self.secrets["<REFRESH>"] = answer.body["refresh_token"]

    def differs(self, line: dict[str, Any], answer: Answer) -> str:
        """What is not as recorded, or an empty text."""
        response = line["response"]
        expected, got = masked(response.get("body")), masked(answer.body)
        got = json.loads(json.dumps(got).replace(self.double.url, "{BASE}"))
        if answer.status != response["status"]:
            return f"status {answer.status}, recorded {response['status']}: {got!r:.300}"
        for name in ("www-authenticate", "retry-after"):
            if answer.headers.get(name) != response.get("headers", {}).get(name) and "headers" in response:
                return f"header {name}: {answer.headers.get(name)!r}"
        return _first_difference(cut(expected, line), cut(got, line))


def masked(body: Any) -> Any:
    if isinstance(body, dict):
        return {
            key: "…" if key in SECRETS and not isinstance(value, dict) and value != "OK" else masked(value)
            for key, value in body.items()
        }
    return [masked(item) for item in body] if isinstance(body, list) else body


def cut(body: Any, line: dict[str, Any]) -> Any:
    """The body with its list cut as the recording's was; its length before is checked by `count` and the case's name."""
    found = re.search(
        r"(?:results|items) cut from (\d+) to (\d+)", str(line.get("cut", "")).replace("request items", "")
    )
    if not found or not isinstance(body, dict):
        return body
    length, kept = map(int, found.groups())
    return {
        key: value[:kept] if key in ("results", "items") and len(value) in (length, kept) else value
        for key, value in body.items()
    }


def _first_difference(expected: Any, got: Any, where: str = "") -> str:
    if isinstance(expected, dict) and isinstance(got, dict):
        if expected.keys() != got.keys():
            return f"{where}: keys {sorted(expected.keys() ^ got.keys())}"
        return next(filter(None, (_first_difference(expected[k], got[k], f"{where}.{k}") for k in expected)), "")
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        pairs = enumerate(zip(expected, got, strict=True))
        return next(filter(None, (_first_difference(a, b, f"{where}[{i}]") for i, (a, b) in pairs)), "")
    same = expected == got and type(expected) is type(got)
    return "" if same else f"{where}: {got!r:.200}, recorded {expected!r:.200}"
