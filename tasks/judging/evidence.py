"""What a verdict is computed from: counts and moments per role, however many calls stand behind them.

A store computes the same numbers with `GROUP BY`; `aggregate` computes them from calls in memory.
"""

from datetime import datetime
from itertools import pairwise
from typing import NamedTuple, Self

from pydantic import AwareDatetime, Field, model_validator

from tasks.judging.cost import CostPairs
from tasks.judging.moments import Moments
from tasks.judging.observations import Window
from tasks.judging.values import Value


def _ordered(*counts: tuple[str, int]) -> None:
    """ValueError if a part is more than its whole, which only a wrong query can produce."""
    for (part, fewer), (whole, more) in pairwise(counts):
        if fewer > more:
            raise ValueError(f"`{part}` is {fewer} and more than `{whole}`, {more}; the counts do not belong together")


class FieldTally(Value):
    """One field of the records of one arm, compared with gold answers."""

    checked: int = Field(ge=0)
    """Records compared."""
    wrong: int = Field(ge=0)
    transcripts: int = Field(ge=0)
    """Distinct transcripts these records are of."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _ordered(("wrong", self.wrong), ("checked", self.checked))
        _ordered(("transcripts", self.transcripts), ("checked", self.checked))
        return self


class ArmTally(Value):
    """One role under one lineup."""

    calls: int = Field(default=0, ge=0)
    runs: int = Field(default=0, ge=0)
    """Distinct runs of the pipeline; equal to `calls` where a run calls the role once."""
    inputs: int = Field(default=0, ge=0)
    """Distinct briefs or transcripts they were about; repeats of one add nothing to what is proven of answers."""
    failures: int = Field(default=0, ge=0)
    failed_inputs: int = Field(default=0, ge=0)
    """Distinct briefs or transcripts that a call failed on."""
    placeholders: int = Field(default=0, ge=0)
    """Answers with at least one placeholder; failed calls have no answer."""
    echoes: int = Field(default=0, ge=0)
    spoiled: int = Field(default=0, ge=0)
    """Calls that failed or whose answer has a placeholder or an echo: what the harm watch counts."""
    scored: int = Field(default=0, ge=0)
    """Answers with a score."""
    good: int = Field(default=0, ge=0)
    """Answers that reach the policy's good score."""
    scores: Moments = Moments()
    fields: dict[str, FieldTally] = Field(default_factory=dict)
    cold_seconds: Moments = Moments()
    """Latency of first calls after a model was loaded: kept out of every ratio, reported on its own."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        answers = ("calls - failures", self.calls - self.failures)
        _ordered(("failures", self.failures), ("spoiled", self.spoiled), ("calls", self.calls))
        _ordered(("placeholders", self.placeholders), answers)
        _ordered(("echoes", self.echoes), answers)
        _ordered(("good", self.good), ("scored", self.scored), answers)
        _ordered(("runs", self.runs), ("calls", self.calls))
        _ordered(("failed_inputs", self.failed_inputs), ("inputs", self.inputs), ("calls", self.calls))
        _ordered(("failed_inputs", self.failed_inputs), ("failures", self.failures))
        return self


class PairTally(Value):
    """One role, both lineups, same inputs. Every count is of different inputs; repeats of one are averaged."""

    pairs: int = Field(default=0, ge=0)
    """Inputs that both arms were asked."""
    incomplete: int = Field(default=0, ge=0)
    """Of those, inputs one arm gave no valid answer to; they are judged as failures, not as differences."""
    scores: Moments = Moments()
    """Candidate minus incumbent."""
    worse: int = Field(default=0, ge=0)
    """Incumbent good, candidate not, the first time the input was asked."""
    better: int = Field(default=0, ge=0)
    """Candidate good, incumbent not, the first time."""
    seconds: Moments = Moments()
    """ln(candidate) - ln(incumbent), without cold calls."""
    slower: int = Field(default=0, ge=0)
    """Inputs whose latency ratio exceeded the policy's limit the first time; the others are `seconds.n - slower`."""
    costs: CostPairs = CostPairs()

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        _ordered(("incomplete", self.incomplete), ("pairs", self.pairs))
        _ordered(("worse + better", self.worse + self.better), ("scores.n", self.scores.n), ("pairs", self.pairs))
        _ordered(("slower", self.slower), ("seconds.n", self.seconds.n), ("pairs", self.pairs))
        return self


class Routed(Value):
    """Runs a weighted router sent to each arm while it had one weight, and those of them with a spoiled call.

    The router draws once a run, however often the run calls the role.
    """

    weight: float = Field(gt=0, lt=1)
    candidate: int = Field(default=0, ge=0)
    incumbent: int = Field(default=0, ge=0)
    candidate_spoiled: int = Field(default=0, ge=0)
    incumbent_spoiled: int = Field(default=0, ge=0)


class RoleEvidence(Value):
    incumbent: ArmTally = ArmTally()
    candidate: ArmTally = ArmTally()
    pairs: PairTally = PairTally()
    routed: tuple[Routed, ...] = ()
    buckets: tuple[int, ...] = ()
    """Calls of the candidate in each bucket of the window."""


class Evidence(Value):
    window: Window
    roles: dict[str, RoleEvidence] = Field(default_factory=dict)
    last_seen: AwareDatetime | None = None
    """Time of the latest call of any role and arm."""

    def role(self, name: str) -> RoleEvidence:
        """Evidence of a role; of an unseen role the empty one, which proves nothing."""
        return self.roles.get(name) or RoleEvidence(buckets=(0,) * self.window.buckets)


class Circumstances(NamedTuple):
    """What the gate knows besides the calls, each as a sentence for the page."""

    now: datetime
    alarms: tuple[str, ...] = ()
    """Reasons to roll back at once: a changed block was edited by hand, the gate's run was cancelled or lost."""
    doubts: tuple[str, ...] = ()
    """Reasons not to promote yet: the drill or the baseline is too old, the store could not be read."""
    exposed: bool = True
    """Whether the candidate serves users; then an hour without data takes it back. Assumed unless said otherwise."""
    promoted: bool = False
    """Whether it serves all of them: nothing is asked of two models any more, so there are no pairs to watch."""
