"""What the runs of the suite prove of a checklist item. Pure: given what the runs came to, the state of the line and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.transitions.plans.phase import Item
from tasks.judging.wording import many, spoken_list
from tasks.records.trials import Trial, TrialCall, TrialRun
from tasks.reports.gate_views import Check

GOOD_SCORE = 95
"""The documents' score of a good output."""
WORDS = (5_000, 6_000)
LONGEST_SECONDS = 3_600
LESS_TIME = 0.85
"""Share of the first baseline's time that 15 % faster leaves."""

Line = tuple[Check, str]


@dataclass(frozen=True)
class Asked:
    """What there is to look at."""

    trial: Trial
    """Runs under the lineup that is looked at."""
    roles: tuple[str, ...]
    """All roles of the pipeline."""
    first: tuple[TrialRun, ...] = ()
    """Those of the first baseline there was."""
    reports: Sequence[Mapping[str, Any]] = ()
    """The reports of these runs, as they were put together."""


def look(item: Item, asked: Asked) -> Line:
    """Done only where every run shows it; open where nothing was looked at."""
    if not asked.trial.runs:
        return "open", "no run of the suite is recorded"
    wanted = item.roles or asked.roles
    mine = [call for call in asked.trial.calls if call.role in wanted]
    match item.look:
        case "answered":
            return _answered(asked.trial.runs, mine, wanted)
        case "rules":
            answered = _answered(asked.trial.runs, mine, wanted)
            return _unbroken(mine, asked.trial.scores, wanted) if answered[0] == "done" else answered
        case "score":
            return _good(mine, asked.trial.scores, wanted)
        case "clean":
            return _clean(mine)
        case "length":
            return _long(asked)
        case "hour":
            return _quick(asked.trial.runs)
    assert item.look == "faster", item.look
    return _faster(asked.trial.runs, asked.first)


def _answered(runs: Sequence[TrialRun], mine: Sequence[TrialCall], wanted: Sequence[str]) -> Line:
    ended = sum(run.completed for run in runs)
    failed = [call for call in mine if call.failed]
    silent = sorted(set(wanted) - {call.role for call in mine})
    valid = f"{len(mine) - len(failed)} of {many(len(mine), 'call')} valid"
    said = f"{ended} of {many(len(runs), 'run')} completed, {valid}"
    if failed or ended < len(runs):
        return "failed", f"{said}{_where([call.role for call in failed])}"
    return ("open", f"{said}; never asked: {spoken_list(silent)}") if silent else ("done", said)


def _unbroken(mine: Sequence[TrialCall], scores: Sequence[tuple[str, int]], wanted: Sequence[str]) -> Line:
    """A rule that is an error makes the line fail; what only deserves a look leaves it open."""
    broken = [problem for call in mine for problem in call.problems]
    errors = [problem for problem in broken if problem["severity"] == "error"]
    if worst := errors or broken:
        said = f"{many(len(worst), 'error' if errors else 'warning')}, first: {worst[0]['field']} {worst[0]['message']}"
        return ("failed" if errors else "open"), said
    less = [score for role, score in scores if role in wanted and score < 100]
    if less:  # of an output that code put together from several answers, whose rules stand in no call
        return ("open" if min(less) >= GOOD_SCORE else "failed"), f"an output scores {min(less)} of 100"
    return "done", f"no rule broken in {many(len(mine), 'call')}"


def _good(mine: Sequence[TrialCall], scores: Sequence[tuple[str, int]], wanted: Sequence[str]) -> Line:
    found = [(call.role, 0 if call.failed else call.score) for call in mine if call.failed or call.score is not None]
    known = [(role, score) for role, score in (*found, *scores) if role in wanted and score is not None]
    silent = sorted(set(wanted) - {role for role, _ in known})
    if silent:
        return "open", f"no score of {spoken_list(silent)}"
    low = [(role, score) for role, score in known if score < GOOD_SCORE]
    if low:
        role, score = min(low, key=lambda one: one[1])
        return "failed", f"{role} scores {score}"
    return "done", f"the lowest score is {min(score for _, score in known)}"


def _clean(mine: Sequence[TrialCall]) -> Line:
    if not mine:
        return "open", "no call is recorded"
    spoiled = [call.role for call in mine if call.flaws]
    return ("failed" if spoiled else "done"), f"{len(spoiled)} of {many(len(mine), 'call')} spoiled{_where(spoiled)}"


def _long(asked: Asked) -> Line:
    words = [int(report["words"]) for report in asked.reports]
    if len(words) < len(asked.trial.runs):
        return "open", f"{many(len(words), 'report')} of {many(len(asked.trial.runs), 'run')}"
    inside = all(WORDS[0] <= count <= WORDS[1] for count in words)
    return ("done" if inside else "failed"), f"{min(words):,} to {max(words):,} words"


def _quick(runs: Sequence[TrialRun]) -> Line:
    seconds = [run.seconds for run in runs if run.completed and run.seconds is not None]
    if len(seconds) < len(runs):
        return "open", f"{len(seconds)} of {many(len(runs), 'run')} completed"
    longest = max(seconds)
    return ("done" if longest < LONGEST_SECONDS else "failed"), f"the longest took {longest / 60:.1f} minutes"


def _faster(runs: Sequence[TrialRun], first: Sequence[TrialRun]) -> Line:
    now, then = _seconds(runs), _seconds(first)
    both = sorted(set(now) & set(then))
    if not both:
        return "open", "no input was asked in the first baseline too"
    share = sum(now[one] for one in both) / sum(then[one] for one in both)
    said = f"{share:.0%} of the first baseline's time, on {many(len(both), 'input')}"
    return ("done" if share <= LESS_TIME else "failed"), said


def _seconds(runs: Sequence[TrialRun]) -> dict[str, float]:
    """Input -> mean seconds of the runs on it that came to their end."""
    found: dict[str, list[float]] = {}
    for run in runs:
        if run.completed and run.seconds:
            found.setdefault(run.input_sha256, []).append(run.seconds)
    return {name: sum(some) / len(some) for name, some in found.items()}


def _where(roles: Sequence[str]) -> str:
    return f": {spoken_list(sorted(set(roles)))}" if roles else ""
