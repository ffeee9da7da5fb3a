"""A page people look at: one description, laid out as Markdown and as one self-contained HTML page, and written to disk."""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from blocks.home import private_folder
from tasks.reports.as_html import as_html
from tasks.reports.as_markdown import as_markdown
from tasks.reports.charts import Chart, draw, legend
from tasks.reports.document import Blocks, Facts, Heading, Line, Paragraph, Quote, Styled, line, paragraph
from tasks.reports.text import visible
from tasks.reports.writing import write_whole

TEMPLATES = Path(__file__).parent / "templates"
SECTION_LEVEL = 3
"""Heading level of a section; chapters are one above, what a section holds starts one below."""
Tone = Literal["warning", "bad", "good", "plain"]


@dataclass(frozen=True)
class Banner:
    """What nobody may overlook: a few words set strong, and what follows from them."""

    tone: Tone
    strong: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    title: str
    blocks: Blocks
    label: str = ""
    """A warning that belongs to this section alone."""


@dataclass(frozen=True)
class Chapter:
    title: str
    name: str
    """Anchor."""
    sections: tuple[Section, ...] = ()
    lead: str = ""
    """A sentence or two below the title."""
    blocks: Blocks = ()
    charts: tuple[Chart, ...] = ()
    """Drawn on the HTML page only; the figures stand in tables too."""


@dataclass(frozen=True)
class Page:
    title: str
    kicker: str
    """What kind of page this is."""
    chapters: tuple[Chapter, ...]
    headline: str = ""
    banners: tuple[Banner, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """The whole at a glance."""
    footer: str = ""
    flowing: bool = False
    """Chapters follow each other on paper; otherwise each begins a new sheet."""


def page_markdown(page: Page) -> str:
    """The page as Markdown, without its charts. Every text in it is escaped, so that it cannot add structure."""
    blocks: Blocks = (
        Heading(1, line(page.title)),
        *((Paragraph((Styled("strong", line(page.headline)),)),) if page.headline else ()),
        *(Quote((Paragraph(_said(banner)),)) for banner in page.banners),
        *((Facts(tuple((name, (paragraph(value),)) for name, value in page.facts)),) if page.facts else ()),
        *(block for chapter in page.chapters for block in _chapter(chapter)),
        *((paragraph(page.footer),) if page.footer else ()),
    )
    return as_markdown(blocks) + "\n"


def _said(banner: Banner) -> Line:
    return (Styled("strong", line(banner.strong)), *(line(" " + " ".join(banner.lines)) if banner.lines else ()))


def _chapter(chapter: Chapter) -> Blocks:
    lead = (paragraph(chapter.lead),) if chapter.lead else ()
    return (
        Heading(SECTION_LEVEL - 1, line(chapter.title)), *lead, *chapter.blocks,
        *(block for section in chapter.sections for block in _section(section)),
    )  # fmt: skip


def _section(section: Section) -> Blocks:
    label = (Quote((paragraph(section.label),)),) if section.label else ()
    return (Heading(SECTION_LEVEL, line(section.title)), *label, *section.blocks)


def page_html(page: Page) -> str:
    """The page as HTML: no script, no network, nothing beside it; it prints, and follows light and dark."""
    style = (TEMPLATES / "page.css").read_text()
    return _environment().get_template("page.html.j2").render(
        page=page, style=Markup(style), style_hash=_hash(style), as_html=as_html, draw=draw, legend=legend,  # noqa: S704 - our own file
    )  # fmt: skip


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_shown,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _shown(value: Any) -> Any:
    """Every text a template prints: without characters that act. Escaping comes after this, by Jinja."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(text: str) -> str:
    """What the page's content security policy knows its only style sheet by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def write_page(page: Page, folder: Path, name: str) -> tuple[Path, Path]:
    """Writes both forms into `folder`, readable by their owner only, and returns their paths (Markdown, HTML).

    Writing the same name again replaces its files. Raises StorageError.
    """
    private_folder(folder)
    markdown, html = folder / f"{name}.md", folder / f"{name}.html"
    write_whole(markdown, page_markdown(page))
    write_whole(html, page_html(page))
    return markdown, html


def slug(text: str, longest: int, otherwise: str = "page") -> str:
    """Lower-case letters, digits and single hyphens: a file name anywhere."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-") or otherwise
