"""Whatever form a host gives a key back in, it is taken out."""

import base64
import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blocks.echoes import without_key

KEY = """sk-7/d1+c9"e<&>2f=bb"""
TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "form",
    [
        KEY, quote(KEY), quote(KEY, safe=""), quote(KEY, safe="").lower(), json.dumps(KEY)[1:-1], html.escape(KEY),
        json.dumps(KEY)[1:-1].replace("/", "\\/"),
    ],
)  # fmt: skip
def test_a_key_is_taken_out_in_every_form(form: str) -> None:
    assert without_key(f"before {form} after {form}".encode(), KEY) == b"before [key] after [key]"


@pytest.mark.parametrize("before", ["", "a", "ab", "phasegate:"])
@pytest.mark.parametrize("after", ["", ":", "::"])
def test_a_key_in_base64_is_taken_out(before: str, after: str) -> None:
    text = in_base64(before + KEY + after)
    for body in (text, text.replace("+", "-").replace("/", "_"), quote(text, safe=""), text.replace("/", "\\/")):
        left = without_key(body.encode(), KEY).replace(b"[key]", b"")
        assert len(left) <= len(in_base64(before)) + len(in_base64(after)) + 6, body


def test_a_key_that_is_cut_off_is_taken_out() -> None:
    for shown in range(8, len(KEY)):
        assert without_key(f"Bearer {KEY[:shown]}".encode(), KEY) == b"Bearer [key]"
    assert without_key(f"{KEY[:16]}... is not known".encode(), KEY) == b"[key]... is not known"


def test_a_text_with_its_first_letters_stays() -> None:
    assert without_key(b"My password is long", "password-of-1953") == b"My password is long"
    assert without_key(b"short", "short") == b"short"
    assert without_key(b"no key", "") == b"no key"


def test_a_key_after_its_own_beginning_is_found() -> None:
    assert without_key(b"aaaaaaaaaaaab!", "aaaaaaaaab") == b"aaa[key]!"


@given(KEYS, TEXTS, TEXTS)
def test_no_key_is_left_in_any_text(key: str, before: str, after: str) -> None:
    assert key.encode() not in without_key(f"{before} {key} {after}".encode(), key)
    assert in_base64(key).rstrip("=")[:-1].encode() not in without_key(in_base64(key).encode(), key)
