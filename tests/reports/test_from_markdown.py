"""A model's Markdown keeps its own forms and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tasks.reports.as_html import as_html
from tasks.reports.as_markdown import as_markdown
from tasks.reports.from_markdown import read_markdown
from tests.reports.pages import read_page

PLAIN = {"h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "pre", "code", "hr", "br", "strong", "em", "del", "div",
         "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
WITH_HTML = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
"""The least careful reader our Markdown may meet."""
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "text <b onmouseover=alert(1)>bold</b>",
    "- a\n\n      <script>x</script>\n",
    "- a\n\n<!-- -->\n\n      <script>x</script>\n",
    "`<script>`\n\n```html\n<script>alert(1)</script>\n```\n",
    "````\n```\n<script>\n````",
    "[click](javascript:alert(1)) [here](https://evil.example) <https://evil.example>",
    "![p](http://evil.example/x.png)",
    "[a]: http://evil.example\n\n[a] ![a]",
    "| a | b |\n|---|---|\n| `x \\| <b>` | <i>\\| |",
    "a\\\n# b\\\n- c",
    "a  \n<script>  \n===",
    "Title <script>\n===\n",
    "1) one\n2) two\n\n999999999. many",
    "> quote\n> <script>\n>\n>     <script>",
    "\x00\u202e<script>\x1b[0m",
    "&lt;script&gt; &#60;script&#62;",
]


def html(markdown: str) -> str:
    return str(as_html(read_markdown(markdown, 4)))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a **b** *c* ~~d~~ `e`", "<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e</code></p>"),
        ("# A\n## B", "<h4>A</h4>\n<h5>B</h5>"),
        ("### A\n###### B", "<h4>A</h4>\n<h6>B</h6>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("[a](https://b.example)", "<p>a (https://b.example)</p>"),
        ("<div>\n*a*\n</div>", "<p>&lt;div&gt; <em>a</em> &lt;/div&gt;</p>"),
        ("![a](https://b.example/c.png)", "<p>[picture: a] (https://b.example/c.png)</p>"),
    ],
)
def test_own_forms(markdown: str, expected: str) -> None:
    assert html(markdown) == expected


@pytest.mark.parametrize("markdown", HOSTILE)
def test_no_other_element_reaches_the_page(markdown: str) -> None:
    page = read_page(html(markdown))

    assert {name for name, _ in page.elements} <= PLAIN
    assert {attribute for _, attributes in page.elements for attribute in attributes} <= {"start", "class"}


@pytest.mark.parametrize("markdown", HOSTILE)
def test_what_is_written_again_holds_no_html_link_or_picture(markdown: str) -> None:
    written = as_markdown(read_markdown(markdown, 4))

    assert_plain(WITH_HTML.render(written))


@settings(max_examples=200)
@given(st.lists(st.sampled_from(
    ["<b>", "</b>", "<!--", "-->", "`", "``", "```", "~~~", "\n", "\n\n", "    ", "- ", "1. ", "> ", "# ", "|", "---",
     "[a](http://b)", "![a](http://b)", "[a]: http://b", "\\", "*", "_", "a", "&lt;", "  \n", "=", " "]
), max_size=25).map("".join))  # fmt: skip
def test_any_markdown_is_written_again_as_plain(markdown: str) -> None:
    assert_plain(WITH_HTML.render(as_markdown(read_markdown(markdown, 4))))


@given(st.text())
def test_any_text_makes_a_page_that_parses(markdown: str) -> None:
    assert {name for name, _ in read_page(html(markdown)).elements} <= PLAIN


def test_text_and_form_survive_being_written_again() -> None:
    text = "Some **bold** text.\n\n- a\n- b\n\n  1. c\n\n> said\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```"
    again = as_markdown(read_markdown(text, 4))

    assert as_html(read_markdown(again, 4)) == as_html(read_markdown(text, 4))


def test_a_rule_separates_in_both_forms() -> None:
    blocks = read_markdown("one\n\n---\n\ntwo", 4)

    assert as_markdown(blocks) == "one\n\n---\n\ntwo"
    assert "<hr>" in as_html(blocks)


def test_texts_that_meet_make_no_list() -> None:
    assert as_markdown(read_markdown("[1](). a", 4)) == "1\\. a"


def assert_plain(rendered: str) -> None:
    """Nothing but a page's plain forms, and no attribute that leads elsewhere."""
    page = read_page(rendered)
    assert {name for name, _ in page.elements} <= PLAIN | {"s"}
    assert {attribute for _, attributes in page.elements for attribute in attributes} <= {"start", "style"}
