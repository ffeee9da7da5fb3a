"""Texts of strangers are shown and do nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from tasks.reports.text import escape_markdown, for_csv, one_line, shortened, visible

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
AUTOLINKS = ("://", "www.")
"""What GitHub and others make a link of without any brackets."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b", "a[U+0000]b"),
        ("\x1b[31mred", "[U+001B][31mred"),
        ("abc\u202edef", "abc[U+202E]def"),
        ("hidden\U000e0041", "hidden[U+E0041]"),
        ("\ud800", "[U+D800]"),
        ("two\r\nlines\u2028three", "two\nlines\nthree"),
        ("👩\u200d⚕️ Zoë", "👩\u200d⚕️ Zoë"),
    ],
)
def test_characters_that_act_are_shown_by_their_code_point(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_visible_acts(text: str) -> None:
    kept = {character for character in visible(text) if unicodedata.category(character)[0] == "C"}
    assert kept <= set("\n\u200c\u200d\u00ad")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "[click](javascript:alert(1))", "![x](http://evil.example/x.png)", "# big",
        "- item", "1. one", "123) one", "a | b", "**bold** _em_ ~~gone~~ `code`", "> quote", "&lt;b&gt; &amp; &#60;",
        "https://evil.example/a", "www.evil.example", "\\", "\\<b>", "$x$ and $y$", "===", "---", "***", "+ plus",
        "<!-- hidden -->", "[ref]: http://evil.example", "    code", "a\n\n# b", "me@evil.example",
    ],
)  # fmt: skip
def test_escaped_text_is_one_paragraph_of_just_that_text(text: str) -> None:
    assert _read(text) == one_line(text)


@given(st.text(st.sampled_from("ab1 \t\n#*_`~[]()<>!|\\&;:/.@$-+=>{}^\"'ww")))
def test_whatever_is_escaped_reads_as_itself(text: str) -> None:
    assert _read(text) == one_line(text)


def _read(text: str) -> str:
    """The text a reader sees of the escaped text; fails if anything but text comes of it."""
    escaped = escape_markdown(text)
    assert not any(mark in escaped.lower() for mark in AUTOLINKS)
    root = SyntaxTreeNode(READER.parse(escaped))
    assert {node.type for node in root.walk()} <= {"root", "paragraph", "inline", "text"}
    return "".join(node.content for node in root.walk() if node.type == "text")


@pytest.mark.parametrize(
    "text", ["=1", "+1+1", "-2+3", "@x", "\t=1", " =1", "＝1", "|x", '=HYPERLINK("https://evil.example")']
)
def test_a_spreadsheet_computes_nothing(text: str) -> None:
    assert for_csv(text).startswith("'")


@pytest.mark.parametrize("text", ["-300", "+16085550117", "4.65", "a=b"])
def test_numbers_and_plain_text_stay_as_they_are(text: str) -> None:
    assert for_csv(text) == text


def test_everything_is_bounded() -> None:
    assert shortened("word " * 10_000, 10) == "word word…"
    assert len(for_csv("x" * 10_000_000)) == 2_000
    assert shortened("x", 0) == ""
