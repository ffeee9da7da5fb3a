"""A client that does nothing but send. Alone, so that a process of its own has little to import."""

from collections.abc import Sequence
from typing import Any

import httpx


def send(url: str, token: str, bodies: Sequence[Any]) -> None:
    """Chat requests one after the other over one kept connection. Raises HTTPStatusError for what is refused."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        for body in bodies:
            client.post("/chat/completions", json=body).raise_for_status()
