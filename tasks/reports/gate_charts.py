"""Which charts a gate's page has: both models by stage, the evidence against time, the hours of the window."""

from collections.abc import Callable
from datetime import datetime
from math import exp, floor, sqrt

from tasks.judging.evidence import ArmTally
from tasks.judging.observations import Arm
from tasks.judging.policy import Metric
from tasks.judging.rates import lower_bound, upper_bound
from tasks.reports.charts import Cells, Chart, Curve, Curves, Grid, Point, Points, Ranges, known
from tasks.reports.figures import dollars, seconds
from tasks.reports.gate_views import Figures, GateView

MODELS = ("Present model", "New model")
ARMS: tuple[Arm, Arm] = ("incumbent", "candidate")
INTERVAL = 0.025
"""At each end of a two-sided interval of 95 %."""
METRICS: dict[Metric, tuple[str, str]] = {
    "failures": ("Evidence of failures", "that the new model fails, or leaves placeholders, more often than agreed"),
    "worse": ("Evidence of worse answers", "that of two different answers to one input the new model's is the worse"),
    "slower": ("Evidence of slowness", "that the new model takes longer than the allowed ratio on the same inputs"),
    "poor": ("Evidence of poor answers", "that answers of the new model miss the good score more often than agreed"),
    "excess": ("Evidence of excess failures", "that failures fall on the new model more often than its share of runs"),
}


def stage_charts(view: GateView) -> tuple[Chart, ...]:
    """Latency, failures, quality and cost of the stages that change, under both models."""
    if view.evidence is None:
        return ()
    return known(_latency(view), _failures(view), _quality(view), _cost(view))


def evidence_charts(view: GateView) -> tuple[Chart, ...]:
    """One for each watched metric: every changed stage as a line, the threshold of the alarm across."""
    if view.testing_since is None:
        return ()
    metrics = dict.fromkeys(trace.metric for trace in view.traces)
    return known(*(_curves(view, metric, view.testing_since) for metric in metrics))


def window_chart(view: GateView) -> tuple[Chart, ...]:
    """Calls of the new model in each hour of the window."""
    if view.evidence is None or view.window_start is None:
        return ()
    window, policy = view.evidence.window, view.plan.policy
    width = window.length / window.buckets
    starts = [window.start + width * number for number in range(window.buckets)]
    rows = []
    for change in view.changes:
        buckets = view.evidence.role(change.role).buckets
        counts = tuple(None if start > view.as_of else count for start, count in zip(starts, buckets, strict=True))
        covered = sum(count >= policy.calls_per_bucket for count in buckets)
        rows.append(Cells(change.label, counts, f"{covered} of {window.buckets}"))
    return known(
        Grid(
            "The window, part by part",
            f"Calls of the new model in each part of the window. {policy.buckets_needed} of {window.buckets} parts need "
            f"{policy.calls_per_bucket} calls or more; an empty frame is a part without a call.",
            tuple(rows), policy.calls_per_bucket, tuple(f"{start:%H:%M}" for start in starts),
        )
    )  # fmt: skip


def _ranges(view: GateView, point: Callable[[str, Arm], Point | None], **about: object) -> Ranges:
    rows = tuple(Points(change.label, tuple(point(change.role, arm) for arm in ARMS)) for change in view.changes)
    return Ranges(series=MODELS, rows=rows, **about)  # type: ignore[arg-type]


def _figures(view: GateView, role: str, arm: Arm) -> Figures:
    return (view.figures or {}).get((role, arm)) or Figures()


def _tally(view: GateView, role: str, arm: Arm) -> ArmTally:
    assert view.evidence is not None
    seen = view.evidence.role(role)
    return seen.candidate if arm == "candidate" else seen.incumbent


def _latency(view: GateView) -> Ranges:
    def point(role: str, arm: Arm) -> Point | None:
        spread = _figures(view, role, arm).seconds
        if spread is None:
            return None
        return Point(spread.median, f"{seconds(spread.median)} s ({spread.n:,} calls)", spread.low, spread.high)

    return _ranges(
        view, point, title="Latency by stage", unit=" s",
        description="Median seconds of a call and what nine of ten calls stay within, on all inputs of both models.",
    )  # fmt: skip


def _failures(view: GateView) -> Ranges:
    def point(role: str, arm: Arm) -> Point | None:
        tally = _tally(view, role, arm)
        if not tally.calls:
            return None
        low, high = (bound(tally.failures, tally.calls, INTERVAL) for bound in (lower_bound, upper_bound))
        shown = f"{tally.failures} of {tally.calls:,}"
        return Point(100 * tally.failures / tally.calls, shown, 100 * low, 100 * high)

    limit = 100 * view.plan.policy.failure_limit
    return _ranges(
        view, point, title="Failures by stage", unit=" %", limit=limit, limit_label=f"limit {limit:g} %",
        description="Share of calls without a valid answer, with the exact interval that holds it in 95 % of cases.",
    )  # fmt: skip


def _quality(view: GateView) -> Ranges:
    def point(role: str, arm: Arm) -> Point | None:
        scores = _tally(view, role, arm).scores
        if not scores.n:
            return None
        reach = 1.96 * scores.sd / sqrt(scores.n)
        return Point(
            scores.mean, f"{scores.mean:.1f} ({scores.n:,} answers)", scores.mean - reach, min(100, scores.mean + reach)
        )

    good = view.plan.policy.good_score
    means = [_tally(view, change.role, arm).scores for change in view.changes for arm in ARMS]
    lowest = (
        10.0 * floor(min(good - 5, *(one.mean - 5 for one in means if one.n)) / 10) if any(m.n for m in means) else 0
    )
    return _ranges(
        view, point, title="Quality by stage", lowest=max(0.0, lowest), highest=100.0, limit=good, limit_label=f"good from {good:g}",
        description="Mean score of the answers, from 0 to 100 by each stage's own rules, with its 95 % interval.",
    )  # fmt: skip


def _cost(view: GateView) -> Ranges:
    def point(role: str, arm: Arm) -> Point | None:
        cost = _figures(view, role, arm).cost
        return None if cost is None else Point(cost * 1000, f"{dollars(cost)} a call")

    return _ranges(
        view, point, title="Cost by stage",
        description="Mean cost of a thousand calls in US dollars. A model with a call of unknown price has no point.",
    )  # fmt: skip


def _curves(view: GateView, metric: Metric, start: datetime) -> Curves:
    traces = [trace for trace in view.traces if trace.metric == metric]
    title, claim = METRICS[metric]
    threshold = traces[0].log_threshold
    moments = [(view.window_start, "window begins")] if view.window_start else []
    ends = [point[0] for trace in traces for point in trace.points]
    return Curves(
        title, f"E-values {claim}; 1 favours neither side, and at the threshold the change is taken back at once.",
        tuple(Curve(view.plan.label(trace.role), trace.points) for trace in traces),
        threshold, f"taken back at {exp(threshold):,.0f}", start, max(ends, default=start), tuple(moments),
    )  # fmt: skip
