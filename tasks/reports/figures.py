"""The figures of a run in words: one wording for the page, the Markdown file and the terminal."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.reports.views import RunView, StageView

NONE = "–"
"""Where a figure does not apply: nobody asked, so nothing was spent."""
UNKNOWN = "unknown"
"""Where a figure exists and nobody told it; never a zero."""
COLUMNS = ("Stage", "Model", "Seconds", "Tokens in / out", "Answer", "Score", "Cost")


@dataclass(frozen=True)
class Totals:
    """A run summed up."""

    finished: int
    stages: int
    seconds: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    states: Counter[str]
    mean_score: float | None
    cost: float | None
    """Sum of what is known; None if nothing is."""
    unknown_costs: int
    """Stages that were asked and whose cost is unknown."""


def totals(view: RunView) -> Totals:
    asked = [stage for stage in view.stages if stage.asked]
    scores = [stage.score for stage in view.stages if stage.score is not None]
    costs = [stage.cost for stage in asked if stage.cost is not None]
    return Totals(
        finished=sum(stage.output is not None for stage in view.stages),
        stages=len(view.stages),
        seconds=view.seconds,
        prompt_tokens=_sum(stage.prompt_tokens for stage in asked),
        completion_tokens=_sum(stage.completion_tokens for stage in asked),
        states=Counter(stage.state for stage in view.stages),
        mean_score=sum(scores) / len(scores) if scores else None,
        cost=sum(costs) if costs else None,
        unknown_costs=len(asked) - len(costs),
    )


def stage_row(stage: StageView) -> tuple[str, ...]:
    """The cells of `COLUMNS` for one stage."""
    return (
        f"{stage.number}. {stage.name}",
        stage.model or NONE,
        seconds(stage.seconds if stage.seconds is not None else stage.total_seconds) if stage.asked else NONE,
        tokens(stage.prompt_tokens, stage.completion_tokens) if stage.asked else NONE,
        stage.state,
        NONE if stage.score is None else str(stage.score),
        dollars(stage.cost) if stage.asked else NONE,
    )


def totals_row(view: RunView) -> tuple[str, ...]:
    """The cells of `COLUMNS` for the whole run; its seconds are wall time, since stages run at the same time."""
    sums = totals(view)
    answers = ", ".join(f"{count} {state}" for state, count in sums.states.items())
    return (
        f"{sums.finished} of {sums.stages} stages",
        "",
        NONE if sums.seconds is None else seconds(sums.seconds),
        tokens(sums.prompt_tokens, sums.completion_tokens),
        answers,
        NONE if sums.mean_score is None else f"{sums.mean_score:.0f}",
        total_cost(sums),
    )


def total_cost(sums: Totals) -> str:
    """What is known, and how many stages are missing from it."""
    if sums.cost is None:
        return UNKNOWN if sums.unknown_costs else NONE
    return dollars(sums.cost) + (f" + {sums.unknown_costs} unknown" if sums.unknown_costs else "")


def seconds(value: float | None) -> str:
    """Tenths below 100 s, hundredths below one."""
    if value is None:
        return UNKNOWN
    return f"{value:.2f}" if value < 1 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def duration(value: float) -> str:
    """Seconds as a person says them."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def tokens(prompt: int | None, completion: int | None) -> str:
    return f"{count(prompt)} / {count(completion)}"


def token_sum(prompt: int | None, completion: int | None) -> str:
    """Tokens read and written; unknown if neither is known."""
    return count(_sum((prompt, completion)))


def count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def dollars(value: float | None) -> str:
    """Four decimals below ten cents: most stages cost less than one."""
    if value is None:
        return UNKNOWN
    return f"${value:,.2f}" if value >= 0.1 or value == 0 else f"${value:.4f}"


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
