"""What a generator report says, chapter by chapter; the Markdown file and the page lay out the same."""

from tasks.reports.document import Blocks, paragraph, table
from tasks.reports.figures import COLUMNS, NONE, stage_row, totals_row
from tasks.reports.from_markdown import read_markdown
from tasks.reports.from_output import output_blocks
from tasks.reports.page import SECTION_LEVEL, Chapter, Section
from tasks.reports.views import RunView, StageView

DEMO = "Demo model: text is not advice."
DEMO_MEANS = (
    "The small embedded model wrote text in this report so that the pipeline can be seen at work. "
    "Do not act on it and do not hand it to a client."
)
SECONDS = (
    "Seconds are those of the attempt that gave the answer; of the report, which is asked in parts, those of all parts. "
    "The last row is the time of the whole run, in which stages that do not read each other run at the same time."
)


def chapters(view: RunView) -> tuple[Chapter, ...]:
    """Everything after the run's own table: report, offer, research data, and how it was made."""
    offer = tuple(_stage(stage) for stage in view.group("offer"))
    research = (_brief(view), *(_stage(stage) for stage in view.group("research")))
    return (
        _report(view),
        Chapter("Offer", "offer", offer),
        Chapter("Appendix: research data", "research", research, "What the report and the offer were written from."),
        Chapter("Appendix: how this was made", "making", _making(view)),
    )


def run_table(view: RunView) -> Blocks:
    """A row for each stage, the totals last, and how to read the seconds."""
    rows = [*map(stage_row, view.stages), totals_row(view)]
    return (table(COLUMNS, rows, frozenset({2, 3, 5, 6}), total=True), paragraph(SECONDS))


def _report(view: RunView) -> Chapter:
    writers = view.group("report")
    demo = any(stage.demo for stage in writers)
    if view.report is None:
        missing = tuple(Section(stage.name, _missing(stage)) for stage in writers)
        return Chapter("Market research report", "report", missing)
    sections = tuple(
        Section(section.title, read_markdown(section.markdown, SECTION_LEVEL + 1), DEMO if demo else "")
        for section in view.report.sections
    )
    return Chapter("Market research report", "report", sections, view.report.headline)


def _stage(stage: StageView) -> Section:
    title = f"{stage.number}. {stage.name}"
    if stage.output is None:
        return Section(title, _missing(stage))
    return Section(title, output_blocks(stage.output, SECTION_LEVEL + 1, stage.dollars), DEMO if stage.demo else "")


def _missing(stage: StageView) -> Blocks:
    said = f"There is nothing to show here: this stage was {stage.state}."
    if stage.state in ("failed", "not finished"):
        said = f"There is nothing to show here: this stage {'has ' if stage.state == 'failed' else 'is '}{stage.state}."
    return (paragraph(said), *(paragraph(line) for line in (stage.error or "").splitlines() if line.strip()))


def _brief(view: RunView) -> Section:
    return Section("The business brief", output_blocks(view.brief, SECTION_LEVEL + 1) or (paragraph("not stated"),))


def _making(view: RunView) -> tuple[Section, ...]:
    return tuple(
        Section(title, blocks)
        for title, blocks in (
            ("Models", _models(view)),
            ("What the checks found", _findings(view)),
            ("What to watch", _faults(view)),
        )
        if blocks
    )


def _models(view: RunView) -> Blocks:
    if not view.models:
        return ()
    head = ("Block", "Provider", "Model", "Digest", "Withdrawn on")
    rows = [(m.block, m.provider, m.model, (m.digest or NONE)[:19], m.withdrawn_on or NONE) for m in view.models]
    return (table(head, rows),)


def _findings(view: RunView) -> Blocks:
    rows = [
        (f"{stage.number}. {stage.name}", problem.severity, problem.field, problem.message)
        for stage in view.stages
        for problem in stage.problems
    ]
    if not rows:
        return (paragraph("Every output keeps every rule it was checked against."),)
    return (table(("Stage", "Severity", "Field", "Finding"), rows),)


def _faults(view: RunView) -> Blocks:
    rows = [
        (
            f"{stage.number}. {stage.name}",
            str(stage.placeholders),
            str(stage.echoes),
            "yes" if stage.truncated else "no",
        )
        for stage in view.stages
        if stage.placeholders or stage.echoes or stage.truncated
    ]
    head = ("Stage", "Placeholders", "Echoes of the instructions", "An answer was cut at its limit")
    return (table(head, rows, frozenset({1, 2})),) if rows else ()
