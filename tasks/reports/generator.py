"""The report of a generator run, as Markdown and as one self-contained page, and how both are written to disk."""

import base64
import contextlib
import hashlib
import os
import re
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from blocks.errors import StorageError
from blocks.home import private_folder
from tasks.reports.as_html import as_html
from tasks.reports.as_markdown import as_markdown
from tasks.reports.charts import draw
from tasks.reports.document import Blocks, Facts, Heading, Quote, line, paragraph
from tasks.reports.figures import duration, tokens, total_cost, totals
from tasks.reports.generator_charts import charts
from tasks.reports.generator_content import DEMO, DEMO_MEANS, SECTION_LEVEL, Chapter, Section, chapters, run_table
from tasks.reports.text import visible
from tasks.reports.views import RunView

TEMPLATES = Path(__file__).parent / "templates"


def generator_markdown(view: RunView) -> str:
    """The whole report as Markdown. Everything a model or a person wrote is escaped, so that it cannot add structure."""
    blocks: Blocks = (
        Heading(1, line(title(view))),
        *_warnings(view),
        Facts(tuple((name, (paragraph(value),)) for name, value in facts(view))),
        Heading(2, line("The run")),
        *run_table(view),
        *(block for chapter in chapters(view) for block in _chapter(chapter)),
    )
    return as_markdown(blocks) + "\n"


def _warnings(view: RunView) -> Blocks:
    demo = Quote((paragraph(f"{DEMO} {DEMO_MEANS}"),))
    failed = Quote(tuple(map(paragraph, trouble(view))))
    return (*((demo,) if view.demo else ()), *((failed,) if failed.inside else ()))


def _chapter(chapter: Chapter) -> Blocks:
    lead = (paragraph(chapter.lead),) if chapter.lead else ()
    return (
        Heading(SECTION_LEVEL - 1, line(chapter.title)), *lead,
        *(block for section in chapter.sections for block in _section(section)),
    )  # fmt: skip


def _section(section: Section) -> Blocks:
    demo = (Quote((paragraph(DEMO),)),) if section.demo else ()
    return (Heading(SECTION_LEVEL, line(section.title)), *demo, *section.blocks)


def generator_html(view: RunView) -> str:
    """The whole report as one page: no script, no network, nothing beside it; it prints, and follows light and dark."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, finalize=_shown,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style = (TEMPLATES / "report.css").read_text()
    return environment.get_template("generator.html.j2").render(
        title=title(view), style=Markup(style), style_hash=_hash(style), facts=facts(view), view=view,  # noqa: S704 - our own file
        trouble=trouble(view), demo=DEMO, demo_means=DEMO_MEANS, run_table=run_table(view), as_html=as_html,
        charts=charts(view), draw=draw, chapters=chapters(view),
    )  # fmt: skip


def _shown(value: Any) -> Any:
    """Every text a template prints: without characters that act. Escaping comes after this, by Jinja."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _hash(text: str) -> str:
    """What the page's content security policy knows its only style sheet by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def title(view: RunView) -> str:
    return f"Market research and offer: {view.title}"


def facts(view: RunView) -> tuple[tuple[str, str], ...]:
    """The run at a glance."""
    sums = totals(view)
    score = "none yet" if sums.mean_score is None else f"{sums.mean_score:.0f} of 100"
    return (
        ("Stages finished", f"{sums.finished} of {sums.stages}"),
        ("Answers", ", ".join(f"{count} {state}" for state, count in sums.states.items())),
        ("Mean score", score),
        ("Time", "still running" if sums.seconds is None else duration(sums.seconds)),
        ("Tokens in / out", tokens(sums.prompt_tokens, sums.completion_tokens)),
        ("Cost", total_cost(sums)),
        ("Started", f"{view.started_at:%Y-%m-%d %H:%M} {view.started_at.tzname() or ''}".strip()),
        ("Lineup", view.lineup),
        ("Report", _length(view)),
        ("Run", view.id),
        *((("Goes on from", view.parent_id),) if view.parent_id else ()),
    )


def _length(view: RunView) -> str:
    if view.report is None:
        return "not written"
    return f"{view.report.words:,} words of {view.report.target_words:,} wanted"


def trouble(view: RunView) -> tuple[str, ...]:
    """What a reader must know of a run that did not complete."""
    if view.status == "completed":
        return ()
    said = {
        "running": "This run was still going on when the report was written.",
        "cancelled": "This run was cancelled; what it had finished by then is below.",
    }.get(view.status, "This run failed; what it had finished by then is below.")
    return (said, *(line for line in (view.error or "").splitlines() if line.strip()))


def write_generator_report(view: RunView, folder: Path) -> tuple[Path, Path]:
    """Writes both forms into `folder`, readable by their owner only, and returns their paths (Markdown, HTML).

    Writing the same run again replaces its files. Raises StorageError.
    """
    name = f"{_slug(view.title, 48)}-{_slug(view.id, 40)}"
    private_folder(folder)
    markdown, page = folder / f"{name}.md", folder / f"{name}.html"
    _write(markdown, generator_markdown(view))
    _write(page, generator_html(view))
    return markdown, page


def _slug(text: str, longest: int) -> str:
    """Lower-case letters, digits and single hyphens: a file name anywhere."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].strip("-") or "run"


def _write(path: Path, text: str) -> None:
    """All or nothing: the file appears, or replaces the one before it, when it is complete."""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.stem[:80]}-", dir=path.parent)  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise StorageError(
            f"The report {path} cannot be written: {error.strerror}.",
            means="the run itself is stored; only its report is missing.",
            do="free the disk or correct the folder's permissions, then write the report again.",
        ) from error
