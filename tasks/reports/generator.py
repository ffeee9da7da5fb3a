"""The report of a generator run, as Markdown and as one self-contained page, and how both are written to disk."""

from pathlib import Path

from tasks.reports.figures import duration, tokens, total_cost, totals
from tasks.reports.generator_charts import charts
from tasks.reports.generator_content import DEMO, DEMO_MEANS, chapters, run_table
from tasks.reports.page import Banner, Chapter, Page, slug, write_page
from tasks.reports.views import RunView


def generator_page(view: RunView) -> Page:
    """The whole report: the run first, then what it wrote."""
    run = Chapter("The run", "run", blocks=run_table(view), charts=charts(view))
    return Page(
        title=title(view),
        kicker="Market research and offer",
        headline=view.report.headline if view.report else "",
        banners=_warnings(view),
        facts=facts(view),
        chapters=(run, *chapters(view)),
        footer=f"Run {view.id}" + (f" · {DEMO}" if view.demo else ""),
    )


def _warnings(view: RunView) -> tuple[Banner, ...]:
    said = trouble(view)
    return (
        *((Banner("warning", DEMO, (DEMO_MEANS,)),) if view.demo else ()),
        *((Banner("bad", said[0], said[1:]),) if said else ()),
    )


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

    `folder` is the run's own: writing the same run again replaces its files. Raises StorageError.
    """
    return write_page(generator_page(view), folder, slug(view.title, 48, "run"))
