"""A verdict is cheap enough to be computed by every look of the watch, and does not grow with the number of calls."""

from time import process_time

from tasks.judging.evidence import ArmTally, Evidence, PairTally, RoleEvidence
from tasks.judging.moments import Moments
from tasks.judging.policy import Policy
from tasks.judging.verdict import judge
from tests.judging.given import AFTER, STAGES, WINDOW, evidence, gate, pairs


def best_of(times: int, work: object) -> float:
    """Seconds of processor time of the fastest try; other work on the machine does not count."""
    assert callable(work)
    spans = []
    for _ in range(times):
        start = process_time()
        work()
        spans.append(process_time() - start)
    return min(spans)


def test_a_day_of_thirteen_stages_is_judged_in_under_50_milliseconds() -> None:
    plan = gate(changed=STAGES[:3])
    calls = [call for stage in STAGES for call in pairs(156, stage)]
    assert len(calls) == 4056
    assert best_of(5, lambda: judge(plan, evidence(calls), AFTER)) < 0.050


def test_a_million_calls_are_judged_from_their_aggregates_in_under_100_milliseconds() -> None:
    half = 1_000_000 // 13 // 2
    arm = ArmTally(calls=half, runs=half, inputs=half, failures=300, spoiled=300, scored=half - 300, good=half - 1500)
    logs = Moments(n=half, mean=0.001, m2=0.06 * half, m3=0.01 * half)
    tally = PairTally(pairs=half, scores=Moments(n=half, mean=-0.1, m2=25.0 * half, m3=-9.0 * half), seconds=logs)
    seen = RoleEvidence(incumbent=arm, candidate=arm, pairs=tally, buckets=(half // 24,) * 24)
    million = Evidence(window=WINDOW, roles=dict.fromkeys(STAGES, seen), last_seen=WINDOW.end)
    plan = gate(Policy(demands=("failures", "placeholders", "good_share", "quality", "latency")), STAGES)
    assert judge(plan, million, AFTER).state == "pass"
    assert best_of(3, lambda: judge(plan, million, AFTER)) < 0.100
