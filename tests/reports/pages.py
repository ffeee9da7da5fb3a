"""A report as text, and a page as an HTML parser sees it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tasks.reports.generator import generator_page
from tasks.reports.page import page_html, page_markdown
from tasks.reports.views import RunView

VOID = {"meta", "br", "hr", "link", "img", "input"}


def generator_markdown(view: RunView) -> str:
    return page_markdown(generator_page(view))


def generator_html(view: RunView) -> str:
    return page_html(generator_page(view))


@dataclass
class Page(HTMLParser):
    """Elements in their order, attributes, and the text a reader sees. A tag that is not closed in its place fails."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.elements)

    def attributes(self, name: str) -> list[str]:
        return [found for _, attributes in self.elements if (found := attributes.get(name)) is not None]


def read_page(html: str) -> Page:
    """The page. Fails if an element is left open."""
    page = Page()
    page.feed(str(html))
    page.close()
    assert not page._open
    return page
