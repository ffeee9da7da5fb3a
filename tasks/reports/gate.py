"""The page of a gate: the verdict first, then what it rests on, what was decided and what happened when."""

from pathlib import Path

from tasks.judging.coverage import coverage
from tasks.judging.wording import many, spoken_list, spoken_time
from tasks.reports.document import Blocks, Heading, Items, Link, Paragraph, Table, line, paragraph, table
from tasks.reports.figures import NONE, dollars
from tasks.reports.gate_charts import evidence_charts, stage_charts, window_chart
from tasks.reports.gate_tables import (
    afterwards_table,
    answers_table,
    checks_table,
    events_table,
    harm_table,
    money_table,
    proofs_list,
    proofs_table,
    sentences,
    stages_table,
    strong,
)
from tasks.reports.gate_views import GateView
from tasks.reports.page import Banner, Chapter, Page, Tone, slug, write_page

TONES: dict[str, Tone] = {
    "ROLLED_BACK": "bad", "HELD": "warning", "AWAITING_APPROVAL": "warning", "PROMOTED": "good", "STABLE": "good",
}  # fmt: skip
GONE = (
    "Not all calls this was decided on are stored any more: the sentences below are those recorded at the time, "
    "figures and charts are of what is left."
)


def gate_page(view: GateView) -> Page:
    chapters = (_verdict(view, proofs_table(view)), _stages(view), _cost(view), _evidence(view), _window(view), _afterwards(view),
                _checklist(view), _approvals(view), _events(view), _reference(view))  # fmt: skip
    return Page(
        title=view.title,
        kicker=f"Phase gate · {view.phase}",
        headline=view.sentence,
        banners=(_banner(view),),
        facts=_facts(view),
        chapters=tuple(chapter for chapter in chapters if chapter is not None),
        footer=f"Gate {view.id}. Figures as of {view.as_of:%Y-%m-%d %H:%M:%S} UTC.",
        flowing=True,
    )


def write_gate_report(view: GateView, folder: Path) -> tuple[Path, Path]:
    """Writes both forms of the page; the paths (Markdown, HTML). Writing again replaces them. Raises StorageError."""
    return write_page(gate_page(view), folder, f"gate-{slug(view.id, 80)}")


def gate_summary(view: GateView) -> Blocks:
    """The page in short, for the form an approver fills: verdict, change, proofs, stages, what is asked."""
    verdict, approvals = _verdict(view, proofs_list(view)), _approvals(view)
    follow = f" {view.failure}" if view.failure else ""
    return (
        Heading(1, line(f"{view.title}: {_state(view).lower()}")), *_asked_again(view), strong(view.sentence),
        paragraph(f"{view.means}{follow}"), *(() if view.reason in view.sentence else (paragraph(view.reason),)),
        *(strong(notice) for notice in view.notices), _changes(view),
        *((Heading(2, line("Proofs")), *verdict.blocks) if verdict.blocks else ()),
        *((Heading(2, line("Stage by stage")), *stages_table(view)) if view.evidence else ()),
        *((Heading(2, line("Your decision")), *approvals.blocks) if approvals else ()),
    )  # fmt: skip


def _asked_again(view: GateView) -> Blocks:
    """Why the form is there again, where the newest answer was not accepted: whoever sent it looks here first."""
    newest = view.answers[-1] if view.answers else None
    if newest is None or newest.accepted:
        return ()
    return (strong(f"Asked again. The answer of {newest.approver} was not accepted: {newest.reason}"),)


def _state(view: GateView) -> str:
    return view.state.replace("_", " ").capitalize()


def _banner(view: GateView) -> Banner:
    unproven = "Approved although not everything was proven." if view.overridden else ""
    reason = "" if view.reason in view.sentence else view.reason
    said = (view.means, reason, unproven, *view.notices, view.failure, f"Next: {view.next_step}")
    tone: Tone = "bad" if view.failure else TONES.get(view.state, "plain")
    return Banner(
        tone,
        f"{_state(view)} {'on' if view.state == 'ROLLED_BACK' else 'since'} {view.since:%Y-%m-%d %H:%M} UTC.",
        tuple(filter(None, said)),
    )


def _facts(view: GateView) -> tuple[tuple[str, str], ...]:
    proofs = [proof for proof in (view.verdict.proofs if view.verdict else ()) if proof.requirement.required]
    proven = sum(proof.finding == "proven" for proof in proofs)
    approved = f"{len(view.approved_by)} of {view.approvals_needed}"
    return (
        ("State", _state(view)),
        ("Users are served by", view.serving),
        ("Requirements proven", f"{proven} of {len(proofs)}" if proofs else NONE),
        ("Parts of the window covered", _covered(view)),
        ("Calls seen, before / new", _calls(view)),
        ("Approvals", approved + (f": {', '.join(view.approved_by)}" if view.approved_by else "")),
        ("Spent on the changed stages", _spent(view)),
        ("Started", f"{view.opened_at:%Y-%m-%d %H:%M} UTC by {view.starter}"),
    )


def at_a_glance(view: GateView) -> str:
    """The change, how far it has come, and what is unusual about it, in a few lines."""
    moves = spoken_list(list(dict.fromkeys(f"{change.incumbent} → {change.candidate}" for change in view.changes)))
    wanted = ("Requirements proven", "Parts of the window covered", "Calls seen, before / new", "Approvals")
    known = [f"{name.lower()}: {value}" for name, value in _facts(view) if name in wanted and value != NONE]
    lines = (f"{', '.join(change.label for change in view.changes)}: {moves}", " · ".join(known), *view.notices)
    return "\n".join(lines)


def _covered(view: GateView) -> str:
    if view.evidence is None or view.window_start is None:
        return NONE
    policy = view.plan.policy
    worst = min(
        coverage(view.evidence.role(role).buckets, needed=policy.buckets_needed, least=policy.calls_per_bucket)
        for role in view.plan.changed
    )
    return f"{worst.covered} of {worst.total}, {worst.needed} needed"


def _calls(view: GateView) -> str:
    if view.evidence is None:
        return NONE
    seen = [view.evidence.role(role) for role in view.plan.changed]
    return f"{sum(one.incumbent.calls for one in seen):,} / {sum(one.candidate.calls for one in seen):,}"


def _spent(view: GateView) -> str:
    figures = list((view.figures or {}).values())
    unpriced = sum(one.unpriced for one in figures)
    known = dollars(sum(one.spent for one in figures)) if figures else NONE
    return known + (f" + {unpriced:,} calls unknown" if unpriced else "")


def _changes(view: GateView) -> Table:
    return table(("Stage", "From", "To"), [(c.label, c.incumbent, c.candidate) for c in view.changes])


def _verdict(view: GateView, proofs: Blocks) -> Chapter:
    verdict, recorded = view.verdict, view.recorded
    alarms = tuple(verdict.alarms) if verdict else ()
    missing = tuple(verdict.missing) if verdict and not recorded else ()
    return Chapter("Verdict", "verdict", lead=GONE if view.differs else "", blocks=(
        *((paragraph("Harm:"), *sentences(alarms)) if alarms else ()),
        *((paragraph("Missing:"), *sentences(missing)) if missing else ()),
        *((paragraph(f"The cheapest way on: {verdict.cheapest}"),) if verdict and missing and verdict.cheapest else ()),
        *proofs,
    ))  # fmt: skip


def _stages(view: GateView) -> Chapter:
    return Chapter(
        "Stage by stage", "stages", charts=stage_charts(view),
        lead="What moves to which model, and what the calls of both models say. Ratios are new against before, on the "
        "same inputs; below 1 the new model is faster or cheaper." if view.evidence else "What moves to which model.",
        blocks=(_changes(view), *stages_table(view)),
    )  # fmt: skip


def _cost(view: GateView) -> Chapter | None:
    return Chapter("Cost", "cost", blocks=money_table(view)) if view.figures else None


def _evidence(view: GateView) -> Chapter | None:
    if view.verdict is None or not view.verdict.harm:
        return None
    alpha = view.plan.policy.harm_alpha
    lead = (
        "Evidence of harm may be read at any time. All thresholds together let a sound model be taken back by chance "
        f"in at most {100 * alpha:g} % of gates."
    )
    return Chapter("Evidence of harm", "harm", lead=lead, charts=evidence_charts(view), blocks=harm_table(view))


def _window(view: GateView) -> Chapter | None:
    if view.window_start is None or view.evidence is None:
        return None
    window = view.evidence.window
    lead = (
        f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC, {spoken_time(window.length)}. "
        f"Parts covered: {_covered(view)}."
    )
    return Chapter("The window", "window", lead=lead, charts=window_chart(view))


def _afterwards(view: GateView) -> Chapter | None:
    if view.promoted_at is None:
        return None
    lead = f"What the calls of users said of the new model since {view.promoted_at:%Y-%m-%d %H:%M} UTC."
    return Chapter("Since promotion", "afterwards", lead=lead, blocks=afterwards_table(view))


def _checklist(view: GateView) -> Chapter:
    done = sum(check.state == "done" for check in view.checklist)
    lead = f"{done} of {many(len(view.checklist), 'item')} done."
    return Chapter("Checklist", "checklist", lead=lead, blocks=checks_table(view.checklist))


def _approvals(view: GateView) -> Chapter | None:
    waiting = view.state in ("AWAITING_APPROVAL", "HELD")
    if not waiting and not view.answers:
        return None
    given = f": {spoken_list(list(view.approved_by))}" if view.approved_by else ""
    blocks: Blocks = (
        paragraph(f"{len(view.approved_by)} of {many(view.approvals_needed, 'approval')} given{given}."),
        *(_asked(view) if waiting else ()),
        *answers_table(view),
    )
    return Chapter("Approvals", "approvals", blocks=blocks)


def _asked(view: GateView) -> Blocks:
    """What people are asked, with the checklist numbered as the form wants it."""
    digest = (view.verdict.evidence_digest if view.verdict else None) or ""
    held = "Not everything is proven: approving takes two people with reasons, and is marked so for ever."
    if view.override_refused:
        held = f"It can be rejected, and not approved: {view.override_refused}."
    return (
        *((strong(held),) if view.state == "HELD" else ()),
        *((paragraph("Whoever approves confirms, by number:"),) if view.asked else ()),
        *((Items(tuple((paragraph(text),) for text in view.asked), 1),) if view.asked else ()),
        paragraph(
            f"Started by {view.starter}, who does not approve it. Evidence {digest[:12]}, change "
            f"{view.change_digest[:12]}: an approval holds for exactly these. In the terminal: "
            f"phasegate approve {view.id} NAME."
        ),
    )


def _events(view: GateView) -> Chapter:
    return Chapter("What happened when", "events", blocks=events_table(view.events))


def _reference(view: GateView) -> Chapter:
    digest = (view.recorded or {}).get("evidence_digest") or (view.verdict.evidence_digest if view.verdict else None)
    rows = [("Gate", view.id), ("Plan", view.plan.digest()), ("Change", view.change_digest),
            ("Evidence", str(digest or NONE))]  # fmt: skip
    links = tuple((Paragraph((Link(what, address),)),) for what, address in view.links)
    places = tuple((paragraph(f"{what}: {place}"),) for what, place in view.places)
    lead = "An approval is bound to change and evidence; the ledger's chain of hashes is proven by phasegate verify."
    blocks: Blocks = (
        table(("What", "Id or SHA-256"), rows),
        *((Items((*links, *places)),) if links or places else ()),
    )
    return Chapter("Where to look", "reference", lead=lead, blocks=blocks)
