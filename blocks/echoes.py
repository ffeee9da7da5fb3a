"""Takes a key out of what a host sends back: a proxy's error page may show the request, and errors are shown to people.

The page may be JSON or HTML, may show the header as the base64 of a login, and may break off in the middle of the key.
"""

import base64
import html
import json
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import takewhile
from urllib.parse import quote

SHORTEST = 8
"""Characters; a shorter key could be any word of an answer."""
TELLING = 16
"""Characters; an opening of this length is no word of an answer, so it is the key, also if the rest is not shown."""


def without_key(body: bytes, key: str, shown: bytes = b"[key]") -> bytes:
    """`body` with `shown` wherever `key` stands: plain, in base64, and escaped for a URL, for JSON or for HTML.

    A key that is cut off goes as well, by a server after its first 16 characters or by the end of the body. One of fewer
    than 8 characters is left.
    """
    if len(key) < SHORTEST:
        return body
    forms, openings = _forms(key)
    kept, done, at = [], 0, 0
    while found := openings.search(body, at):
        at = found.start()
        if length := _echoed(body, at, forms):
            kept += [body[done:at], shown]
            done = at = at + length
        else:
            at += 1
    return b"".join([*kept, body[done:]])


def _echoed(body: bytes, at: int, forms: Collection[bytes]) -> int:
    """How many bytes from there are the key or all that is shown of it."""
    length = max(_alike(body[at : at + len(form)], form) for form in forms)
    told = length >= TELLING or at + length == len(body) or any(body.startswith(form, at) for form in forms)
    return length if told else 0


def _alike(one: bytes, other: bytes) -> int:
    """Length of the beginning that both have."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@lru_cache(maxsize=64)
def _forms(key: str) -> tuple[frozenset[bytes], re.Pattern[bytes]]:
    """Every way of writing the key, and what finds the beginning of any."""
    forms = {dressed.encode() for text in (key, *_in_base64(key.encode())) for dressed in _dressed(text)}
    return frozenset(forms), re.compile(b"|".join(sorted({re.escape(form[:SHORTEST]) for form in forms})))


def _in_base64(key: bytes) -> Iterator[str]:
    """What base64 makes of the key at each of three offsets, without the characters that are also its neighbours'."""
    for offset in range(3):
        first, last = -(-offset * 8 // 6), (offset + len(key)) * 8 // 6
        text = base64.b64encode(bytes(offset) + key).decode()[first:last]
        yield from (text, text.translate(str.maketrans("+/", "-_")))


def _dressed(text: str) -> Iterator[str]:
    for in_url in (quote(text), quote(text, safe="")):
        yield from (in_url, re.sub("%..", lambda found: found[0].lower(), in_url))
    in_json = json.dumps(text)[1:-1]
    yield from (text, in_json, in_json.replace("/", "\\/"), html.escape(text))
