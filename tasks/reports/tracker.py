"""The tracker's page: phases of both pipelines, which model serves what since when, checklists, next steps, history."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from tasks.judging.wording import spoken_list
from tasks.reports.document import Blocks, Facts, Paragraph, Table, line, paragraph, table
from tasks.reports.figures import NONE
from tasks.reports.gate_tables import checks_table
from tasks.reports.page import Banner, Chapter, Page, Section, write_page
from tasks.reports.tracker_views import IncidentView, PhaseView, PipelineView, TrackerView

NAME = "tracker"
"""Of the files and of the artifact."""
NEWEST = 1_000
"""Lines of the history on the page: years of gates. More would make a page slow to write, to load and to read."""


def tracker_page(view: TrackerView) -> Page:
    return Page(
        title="Model transitions",
        kicker="Tracker · generated, never edited",
        headline=view.summary,
        banners=tuple(_banners(view)),
        facts=_facts(view),
        chapters=(
            *(chapter for pipeline in view.pipelines for chapter in _pipeline(pipeline)),
            _incidents(view.incidents),
            _history(view),
        ),
        footer=f"Made from the ledger and the blocks on {view.as_of:%Y-%m-%d %H:%M} UTC. Times are UTC.",
        flowing=True,
    )


def write_tracker(view: TrackerView, folder: Path) -> tuple[Path, Path]:
    """Writes both forms of the page; the paths (Markdown, HTML). Raises StorageError."""
    return write_page(tracker_page(view), folder, NAME)


def _banners(view: TrackerView) -> Iterable[Banner]:
    if view.frozen is not None:
        opened = f"since {view.frozen.opened_at:%Y-%m-%d %H:%M} UTC, by {view.frozen.opened_by}"
        close = "Nothing goes forward until it is closed: phasegate close-incident."
        yield Banner("bad", f"An incident is open {opened}.", (view.frozen.reason, close))
    if view.unread:
        yield Banner("bad", "A gate of another release is not over.", view.unread)
    if view.edited:
        handle = "Adopt or revert: phasegate drift."
        yield Banner("warning", "Blocks were edited by hand.", (*view.edited, handle))


def _facts(view: TrackerView) -> tuple[tuple[str, str], ...]:
    return (
        *((f"{pipeline.key.capitalize()}, next", pipeline.next_step) for pipeline in view.pipelines),
        *view.readiness,
        ("Incidents", _count(view.incidents)),
        ("Last updated", _moment(view.as_of)),
    )


def _count(incidents: tuple[IncidentView, ...]) -> str:
    still = sum(one.closed_at is None for one in incidents)
    return f"{len(incidents)}, {still} open" if incidents else "none"


def _pipeline(view: PipelineView) -> tuple[Chapter, ...]:
    name = view.key.capitalize()
    return (
        Chapter(f"{name}: phases", f"{view.key}-phases", lead=f"{view.summary} Next: {view.next_step}",
                blocks=(_phases(view),), sections=tuple(_section(phase) for phase in view.phases)),
        Chapter(f"{name}: which model serves what", f"{view.key}-models", blocks=_serving(view)),
    )  # fmt: skip


def _phases(view: PipelineView) -> Table:
    rows = [
        (
            phase.key,
            phase.title,
            phase.state,
            _moment(phase.since),
            _done(phase),
            spoken_list(list(phase.after)) or NONE,
        )
        for phase in view.phases
    ]
    return table(("Phase", "What", "State", "Since", "Checklist", "After"), rows)


def _done(phase: PhaseView) -> str:
    return f"{sum(check.state == 'done' for check in phase.checklist)} of {len(phase.checklist)}"


def _section(phase: PhaseView) -> Section:
    facts = (
        ("State", phase.state + (f" since {_moment(phase.since)}" if phase.since else "")),
        ("Roles", ", ".join(phase.stages) or "none; it is recorded"),
        ("Target", phase.target or "named by whoever starts it"),
        ("Next", phase.next_step),
        *((("Protected", "yes: isolated tests, two approvers, a rehearsed way back"),) if phase.protected else ()),
        *((("Remark", phase.remark),) if phase.remark else ()),
    )
    blocks: Blocks = (
        Facts(tuple((name, (paragraph(value),)) for name, value in facts)),
        *checks_table(phase.checklist),
        *_attempts(phase),
    )
    return Section(f"{phase.key}: {phase.title}", blocks)


def _attempts(phase: PhaseView) -> Blocks:
    if not phase.attempts:
        return ()
    rows = [(one.gate[:8], _moment(one.opened_at), one.state, _moment(one.since), one.reason) for one in phase.attempts]
    head = ("Gate", "Started", "Came to", "Since", "Why")
    return (Paragraph(line("Attempts, oldest first:")), table(head, rows))


def _serving(view: PipelineView) -> Blocks:
    if not view.serving:
        return (paragraph("There is no lineup yet: phasegate bootstrap."),)
    rows = [
        (
            one.label,
            one.production,
            _moment(one.since) if one.since else "before the ledger",
            one.preview,
            one.target or NONE,
        )
        for one in view.serving
    ]
    return (table(("Role", "Serves users", "Since", "On preview", "Planned"), rows),)


def _incidents(incidents: tuple[IncidentView, ...]) -> Chapter:
    rows = [
        (_moment(one.opened_at), f"{one.opened_by}: {one.reason}", _moment(one.closed_at) if one.closed_at else "OPEN",
         f"{one.closed_by}: {one.findings}" if one.closed_at else "")
        for one in reversed(incidents)
    ]  # fmt: skip
    blocks: Blocks = (
        (table(("Opened", "What is wrong", "Closed", "What was found"), rows),)
        if rows
        else (paragraph("There was none."),)
    )
    return Chapter("Incidents", "incidents", blocks=blocks)


def _history(view: TrackerView) -> Chapter:
    shown = view.history[-NEWEST:]
    rows = [(one.when, one.what, one.subject, one.outcome, one.detail) for one in reversed(shown)]
    more = (
        f" These are the newest {NEWEST:,} of {len(view.history):,}; all: phasegate history --last {len(view.history)}."
        if shown != view.history
        else ""
    )
    return Chapter(
        "History", "history", lead=f"Every phase, attempt, approval and incident, the newest first.{more}",
        blocks=(table(("When", "What", "Subject", "Outcome", "Details"), rows),),
    )  # fmt: skip


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else NONE
