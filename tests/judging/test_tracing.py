"""How the evidence of harm grew: what a watch would have read at moments in between."""

from datetime import timedelta

from tasks.judging.policy import Policy
from tasks.judging.tracing import spread, trace
from tests.judging.given import START, WINDOW, failing, gate, verdict

WATCHED = Policy(watched=("failures", "worse"))


def test_moments_lie_at_equal_distances_with_both_ends() -> None:
    assert spread(START, START + timedelta(hours=24), 4) == [START + timedelta(hours=h) for h in (0, 8, 16, 24)]


def test_each_process_of_a_changed_role_is_read_as_the_watch_would_have() -> None:
    plan, calls, moments = gate(WATCHED), failing(9), spread(START, WINDOW.end, 3)
    traces = trace(plan, list(reversed(calls)), WINDOW, moments)
    assert [(one.role, one.metric) for one in traces] == [("stage-2", "failures"), ("stage-2", "worse")]
    for one in traces:
        read = [
            next(reading for reading in verdict([c for c in calls if c.at <= moment], plan).harm if reading.metric == one.metric)
            for moment in moments
        ]  # fmt: skip
        assert one.points == tuple((moment, reading.log_e) for moment, reading in zip(moments, read, strict=True))
        assert {one.log_threshold} == {reading.log_threshold for reading in read}


def test_a_call_counts_from_the_moment_it_is_made() -> None:
    calls = failing(1)
    failed_at = next(call.at for call in calls if call.failed)
    (points,) = (one.points for one in trace(gate(WATCHED), calls, WINDOW, [failed_at]) if one.metric == "failures")
    assert points[0][1] > 0
