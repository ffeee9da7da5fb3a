"""Secrets planted everywhere phasegate keeps one, and a search for them in everything that was written."""

import base64
import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

CLOUDFLARE = "canary-cloudflare-7d1c9e"
OLLAMA = "canary-ollama-52b0aa"
OPENAI = "canary-openai-91fe03"
BASEROW = "canarybaserowtoken000000000000aa"
GRAPH = "canary-graph-0c8d41"
DATABASE = "canary-database-66f2b7"
TOTP = "CANARYTOTPCANARYTOTPCANARYTOTPAA"
SERVER = "canary-server-e19a55"
WEBHOOK = "canary-webhook-3b7f10"
LOGIN = "canary-login-a8d42e"
CODE = "canary-code-5f20b1"
"""What a person types for a one-time code; no digits, which would be found by chance among so many figures."""

ALL = {
    "Cloudflare token": CLOUDFLARE, "Ollama key": OLLAMA, "OpenAI key": OPENAI, "Baserow token": BASEROW,
    "graph password": GRAPH, "database password": DATABASE, "approver's secret": TOTP, "server password": SERVER,
    "webhook": WEBHOOK, "Baserow password": LOGIN, "one-time code": CODE,
}  # fmt: skip


def forms(secret: str) -> set[bytes]:
    """The secret as text, in a URL, in UTF-16, and as base64 makes it look at each of the three offsets."""
    plain = secret.encode()
    encoded = {base64.b64encode(b"x" * offset + plain)[4 * (offset > 0) : -4] for offset in range(3)}
    return {plain, quote(secret).encode(), secret.encode("utf-16-le"), *encoded}


def leaks(written: Mapping[str, bytes]) -> list[str]:
    """Which secret stands where."""
    wanted = [(name, form) for name, secret in ALL.items() for form in forms(secret)]
    return sorted({f"{name} in {place}" for place, text in written.items() for name, form in wanted if form in text})


def files_below(*places: Path) -> Iterator[tuple[str, bytes]]:
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield str(path.relative_to(place)), path.read_bytes()


def rows_below(*places: Path) -> Iterator[tuple[str, bytes]]:
    """Every table of every SQLite database as text: a long value is not in one piece in the file."""
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3":
                yield from _tables(path)


def _tables(path: Path) -> Iterator[tuple[str, bytes]]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = database.execute(f'SELECT * FROM "{name}"')
            yield f"{path.name}, table {name}", "\n".join(str(value) for row in rows for value in row).encode()
