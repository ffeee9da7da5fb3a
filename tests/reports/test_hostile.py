"""Whatever stands in a run's fields, its reports show it and do nothing."""

import dataclasses
import io
from collections.abc import Mapping
from typing import Any

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from tasks.reports.terminal import terminal_table
from tasks.reports.views import RunView
from tests.reports.pages import Page, generator_html, generator_markdown, read_page

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "[click](javascript:alert(1)) ![p](http://evil.example/x.png) <http://evil.example>",
    "| cell | [[x]] {{ 7 * 7 }} {% raw %}",
    "\n\n# heading\n\n- item\n\n    code\n",
    "a\x00b\x1b[31mc\u202ed\u2066e",
    "</style></title></svg></desc><b>",
    "[red]markup[/red] [/]",
    "<!-- hidden",
)
FORMS = {
    "script",
    "img",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "input",
    "video",
    "audio",
    "source",
    "use",
}


def poisoned(value: Any, text: str, field: str = "") -> Any:
    """The same thing with every free text in it replaced."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value)]
        return dataclasses.replace(value, **{name: poisoned(getattr(value, name), text, name) for name in names})
    if isinstance(value, str):
        return value if field in ("group", "source", "outcome") else text
    if isinstance(value, Mapping):
        return {f"{text}{key}": poisoned(item, text) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(poisoned(item, text) for item in value)
    return value


@pytest.fixture(params=HOSTILE)
def hostile(request: pytest.FixtureRequest, demo: RunView) -> RunView:
    """A run with a failed stage and the text in every field."""
    failed = dataclasses.replace(demo.stages[0], output=None, outcome="failed", error="e")
    found: RunView = poisoned(
        dataclasses.replace(demo, stages=(failed, *demo.stages[1:]), status="failed", error="e", parent_id="p"),
        request.param,
    )
    return found


def assert_harmless(page: Page) -> None:
    assert not FORMS & {name for name, _ in page.elements}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not page.attributes("src")
    assert all(address.startswith("#") for address in page.attributes("href"))


def test_the_page_only_shows_it(hostile: RunView) -> None:
    text = generator_html(hostile)

    assert_harmless(read_page(text))
    assert not {"\x00", "\x1b", "\u202e", "\u2066"} & set(text)


def test_the_page_has_no_more_elements_than_with_honest_text(hostile: RunView, demo: RunView) -> None:
    assert {name for name, _ in read_page(generator_html(hostile)).elements} <= {
        name for name, _ in read_page(generator_html(demo)).elements
    } | {"pre", "code", "aside"}


def test_the_markdown_only_shows_it(hostile: RunView) -> None:
    text = generator_markdown(hostile)
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    page = read_page(reader.render(text))

    assert_harmless(page)
    assert not {"a", "b", "title"} & {name for name, _ in page.elements}
    assert not {"\x00", "\x1b", "\u202e", "\u2066"} & set(text)


def test_the_markdown_keeps_its_structure(hostile: RunView, demo: RunView) -> None:
    def structure(view: RunView) -> tuple[int, int]:
        lines = generator_markdown(view).splitlines()
        return sum(line.startswith("## ") for line in lines), sum(line.startswith("# ") for line in lines)

    assert structure(hostile) == structure(demo)


def test_the_terminal_only_shows_it(hostile: RunView) -> None:
    shown = io.StringIO()
    Console(file=shown, width=100, color_system=None).print(terminal_table(hostile))

    assert not {"\x00", "\x1b", "\u202e", "\u2066"} & set(shown.getvalue())


def test_the_page_knows_its_style_sheet_and_nothing_else(demo: RunView) -> None:
    page = read_page(generator_html(demo))

    policy = next(attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    assert str(policy).startswith("default-src 'none'; style-src 'sha256-")
    assert not page.attributes("style")
