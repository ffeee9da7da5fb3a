"""One request as the API sees it."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from tests.doubles.baserow import answers
from tests.doubles.baserow.query import Query


@dataclass
class Request:
    method: str
    path: str
    query: Query
    authorization: str | None
    content_type: str
    raw: bytes
    base: str
    """Public address of the server."""

    def body(self) -> Any:
        """The parsed body; no body is an empty object. Refuses what the server's parser refuses."""
        if not self.raw:
            return {}
        if self.content_type.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(self.raw.decode()))
        if not self.content_type.startswith("application/json"):
            kind = self.content_type
            raise answers.RefusedError(415, {"detail": f'Unsupported media type "{kind}" in request.'})
        charset = re.search(r"charset=([\w-]+)", self.content_type)
        try:
            return json.loads(self.raw.decode(charset[1] if charset else "utf-8"), parse_constant=_no_constant)
        except ValueError as error:
            raise answers.not_json(str(error)) from error
        except RecursionError as error:
            raise answers.RefusedError(500, answers.HTML_500) from error


def _no_constant(name: str) -> Any:
    raise answers.not_json(f"Out of range float values are not JSON compliant: '{name}'")
