"""Which charts a generator run has."""

from collections.abc import Callable

from tasks.reports.charts import Bar, Bars, Chart, known
from tasks.reports.figures import NONE, dollars, seconds, token_sum
from tasks.reports.views import RunView, StageView


def charts(view: RunView) -> tuple[Chart, ...]:
    """Latency, score, tokens and cost by stage; one of which nothing is known is left out."""
    return known(_latency(view), _score(view), _tokens(view), _cost(view))


def _latency(view: RunView) -> Bars:
    def bar(stage: StageView) -> tuple[tuple[float | None, ...], str]:
        whole = stage.total_seconds
        answer = stage.seconds
        lost = None if whole is None else max(0.0, whole - (answer or 0))
        return (answer, lost), f"{seconds(whole)} s"

    return Bars(
        "Time by stage",
        "One bar a stage: seconds of the answer, and seconds lost to failed attempts and waits. "
        "Stages run at the same time where none reads the other, so the bars add up to more than the run took.",
        ("Answer", "Failed attempts and waits"), _bars(view, bar), unit=" s",
    )  # fmt: skip


def _score(view: RunView) -> Bars:
    bars = tuple(
        Bar(_label(stage), (stage.score,), NONE if stage.score is None else str(stage.score)) for stage in view.stages
    )
    return Bars(
        "Quality by stage",
        "One bar a stage: its score from 0 to 100, which is 100 less points for each rule the output breaks.",
        ("Score",), bars, highest=100,
    )  # fmt: skip


def _tokens(view: RunView) -> Bars:
    def bar(stage: StageView) -> tuple[tuple[float | None, ...], str]:
        read, written = stage.prompt_tokens, stage.completion_tokens
        return (read, written), token_sum(read, written)

    return Bars(
        "Tokens by stage", "One bar a stage: tokens the model read and tokens it wrote.", ("Read", "Written"),
        _bars(view, bar),
    )  # fmt: skip


def _cost(view: RunView) -> Bars:
    return Bars(
        "Cost by stage",
        "One bar a stage: US dollars for all its attempts. A stage whose price is not known has no bar.",
        ("Cost in US dollars",), _bars(view, lambda stage: ((stage.cost,), dollars(stage.cost))),
    )  # fmt: skip


def _bars(view: RunView, measured: Callable[[StageView], tuple[tuple[float | None, ...], str]]) -> tuple[Bar, ...]:
    """A bar for each stage; one this run did not ask has none and says why."""
    return tuple(
        Bar(_label(stage), *measured(stage)) if stage.asked else Bar(_label(stage), (None,), stage.state)
        for stage in view.stages
    )


def _label(stage: StageView) -> str:
    return f"{stage.number}. {stage.name}"
