"""A gate as the ledger tells it. Nothing about a gate is known in any other way."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal
from unicodedata import normalize

from pydantic import Field, ValidationError

from blocks.errors import GateError
from tasks.judging.departures import Departure
from tasks.judging.planning import GatePlan
from tasks.judging.values import Value
from tasks.records.ledger import Entry

State = Literal["PLANNED", "TESTING", "MONITORING", "AWAITING_APPROVAL", "HELD", "PROMOTED", "STABLE", "ROLLED_BACK"]
"""
PLANNED            the plan is stored, nothing has been called
TESTING            the suite asks both arms; the preview lineup names the candidate
MONITORING         the window runs
AWAITING_APPROVAL  everything is proven; a person decides
HELD               the window is over and something is unproven; two people may decide, or it is extended
PROMOTED           production names the candidate; the harm watch goes on
STABLE             promoted for a whole window without harm; the next phase may start
ROLLED_BACK        every lineup names the incumbent again
"""

WAITING: frozenset[State] = frozenset({"AWAITING_APPROVAL", "HELD"})
"""States in which a person is asked."""
WRITES: frozenset[State] = frozenset({"TESTING", "PROMOTED", "ROLLED_BACK"})
"""States that are always entered by writing to the lineup blocks; a canary that ends is written too."""
CLOSED: frozenset[State] = frozenset({"STABLE", "ROLLED_BACK"})


class Change(Value):
    """One role that moves to another model; models by the name of their block."""

    role: str
    incumbent: str
    candidate: str


class Opening(Value):
    """What a gate is about: fixed when it is planned and never changed."""

    phase: str
    """Key of the phase, for example `generator-1`."""
    title: str
    pipeline: str
    changes: tuple[Change, ...] = Field(min_length=1)
    plan: GatePlan
    starter: str
    """Who started the gate; never its approver."""
    stranger: bool = False
    """Whether no approver is called like the starter: then nobody can know that it is not one of them."""
    departures: tuple[Departure, ...] = ()
    """What this gate's policy has otherwise than its phase's."""
    production: str = "production"
    """Name of the lineup that serves users."""
    preview: str = "preview"
    protected: bool = False
    canary: bool = False
    """Whether a weighted share of production's runs goes to the candidate while it is monitored."""
    human: tuple[str, ...] = ()
    """Checklist items that a person confirms on the form."""
    repeats: int = Field(default=1, ge=1)
    """How often the suite asks each brief while testing."""

    @property
    def change_digest(self) -> str:
        """What an approval is bound to beside the evidence: the exact change and the plan it was judged by."""
        return Value.digest(self)

    @property
    def loosened(self) -> bool:
        """Whether less has to be proven than the phase demands."""
        return any(departure.effect == "looser" for departure in self.departures)

    @property
    def approvers(self) -> int:
        """People who have to approve what is proven: never fewer than two for a protected role or a loosened policy."""
        return max(self.plan.policy.approvers, 2 if self.protected or self.loosened else 1)

    @property
    def candidates(self) -> dict[str, str]:
        return {change.role: change.candidate for change in self.changes}

    @property
    def incumbents(self) -> dict[str, str]:
        return {change.role: change.incumbent for change in self.changes}


class Extension(Value):
    """The plan of more time for a held gate: made before its first call, and recorded with its digest."""

    hours: float = Field(gt=0)
    """From the moment it is given: the hours in which the gate was held brought nothing."""
    replays: int = Field(ge=0)
    """Inputs to replay in these hours."""
    missing: tuple[str, ...] = ()
    """What was not proven without it."""


@dataclass(frozen=True)
class Answer:
    """An accepted decision of an approver."""

    decision: Literal["approve", "reject"]
    approver: str
    reason: str
    evidence_digest: str
    change_digest: str


@dataclass(frozen=True)
class Question:
    """What the approvers are being asked right now."""

    key: str
    evidence_digest: str
    change_digest: str


@dataclass(frozen=True)
class Gate:
    """Everything a decision about a gate may depend on, beside the evidence and the clock."""

    id: str
    opening: Opening
    opened_at: datetime
    state: State = "PLANNED"
    since: datetime = field(kw_only=True)
    """When it came into this state."""
    sequence: int = 1
    """Places taken in its story."""
    reason: str = ""
    window_start: datetime | None = None
    testing_since: datetime | None = None
    promoted_at: datetime | None = None
    tested: Literal["done", "impossible"] | None = None
    test_detail: str = ""
    question: Question | None = None
    answers: tuple[Answer, ...] = ()
    """Given in this state."""
    weight: int = 0
    """Percent of production's runs that go to the candidate; more than 0 only while the window runs."""
    weight_since: datetime | None = None
    extensions: int = 0
    extended: float = 0.0
    """Hours added to the window, with those in which it was held."""
    extension: Extension | None = None
    """The plan of the newest extension."""
    overridden: bool = False
    """Promoted although something was unproven; marked for ever."""
    reminded: bool = False
    settled: bool = True
    """Whether the blocks were seen to hold what the last move says."""
    failure: str = ""
    """Why the blocks could not be brought to what the last move says; of a settled gate, why its way back is dead."""
    verdict: Mapping[str, Any] = field(default_factory=dict)
    """The verdict recorded last."""
    partly_read: bool = False
    """Planned with something this release does not know any more: it may go back, and not forward."""

    @property
    def open(self) -> bool:
        return self.state not in CLOSED

    @property
    def at_rest(self) -> bool:
        """Over, and nothing of it is left to be done or looked at again."""
        return not self.open and self.settled and not self.failure

    @property
    def plan(self) -> GatePlan:
        """What it is judged by now. Each look after an extension has half the alpha of the one before.

        Proofs are tests of fixed size, and a second look is a second chance to be wrong; so all looks together are
        wrong less than twice as often as one. The harm watch needs none of it: it may look at any time.
        """
        share = 0.5**self.extensions
        requirements = tuple(r.model_copy(update={"alpha": r.alpha * share}) for r in self.opening.plan.requirements)
        return self.opening.plan.model_copy(update={"requirements": requirements})

    @property
    def serves(self) -> dict[str, dict[str, str]]:
        """Lineup -> role -> model block, as this gate's state demands."""
        return serves(self.opening, self.state) if self.testing_since else {}  # nothing changed, nothing to put back


def folded(name: str) -> str:
    """A name as names are compared: letters and digits alone, so that case, spaces and dashes make nobody another."""
    return "".join(sign for sign in normalize("NFKC", name).casefold() if sign.isalnum())


def serves(o: Opening, state: State) -> dict[str, dict[str, str]]:
    """Lineup -> role -> model block, of a gate about `o` that has begun testing."""
    match state:
        case "ROLLED_BACK":
            return {o.production: o.incumbents, o.preview: o.incumbents}
        case "PROMOTED" | "STABLE":
            return {o.production: o.candidates, o.preview: o.candidates}
        case _:
            return {o.production: o.incumbents, o.preview: o.candidates}


def tell(entries: Iterable[Entry]) -> Gate:
    """The gate that these entries, all of one gate and in order, tell of. GateError if there is none, or an unreadable one."""
    gate: Gate | None = None
    for entry in entries:
        try:
            gate = _begin(entry) if gate is None else _after(gate, entry)
        except (ValidationError, KeyError, TypeError) as error:
            raise GateError(
                f"Entry {entry.sequence} of the ledger is not in a form that this phasegate knows ({type(error).__name__}).",
                means="its gate was moved by another release; this one decides nothing about it.",
                do="use that release.",
            ) from error
    if gate is None:
        raise GateError("There is no such gate.", do="list the gates with `phasegate status`.")
    return gate


def _begin(entry: Entry) -> Gate:
    """Fields that a later release gave up are left out, so that a gate of before can be taken back."""
    planned = entry.body["opening"]
    try:
        opening, partly = Opening.model_validate(planned), False
    except ValidationError:
        opening, partly = Opening.model_validate(planned, extra="ignore"), True
    return Gate(str(entry.gate_id), opening, entry.at, since=entry.at, partly_read=partly)


def _after(gate: Gate, entry: Entry) -> Gate:
    body, gate = entry.body, replace(gate, sequence=entry.gate_sequence or gate.sequence)
    match entry.kind:
        case "moved":
            return _moved(gate, body["to"], body, entry.at)
        case "tested":
            return replace(gate, tested=body["outcome"], test_detail=body["detail"])
        case "weighted":
            return replace(gate, weight=body["percent"], weight_since=entry.at, settled=False, failure="")
        case "judged":
            return replace(gate, verdict=body)
        case "asked":
            return replace(gate, question=Question(**{name: body[name] for name in Question.__dataclass_fields__}))
        case "answered":
            answer = Answer(**{name: body[name] for name in Answer.__dataclass_fields__})
            return replace(gate, answers=(*gate.answers, answer), question=None)
        case "refused":
            return replace(gate, question=None)
        case "reminded":
            return replace(gate, reminded=True)
        case "settled":
            return replace(gate, settled=True, failure=body.get("way_back", ""))
        case "unsettled":
            return replace(gate, failure=body["reason"])
        case "writing" | "written" | "noted":
            return gate
        case unknown:
            raise GateError(
                f"Entry {entry.sequence} of the ledger is of an unknown kind, {unknown!r}.",
                means="this gate was moved by a newer phasegate; this one decides nothing about it.",
                do="use the newer release.",
            )


def _moved(gate: Gate, to: State, body: Mapping[str, Any], at: datetime) -> Gate:
    # Whatever ends the window ends the canary: while people think, nobody watches for silence, and nothing is approved.
    writes = to in WRITES or gate.weight > 0
    moved = replace(
        gate, state=to, since=at, reason=body["reason"], answers=(), question=None, reminded=False, failure="", weight=0,
        settled=(gate.testing_since is None and to == "ROLLED_BACK") or (not writes and gate.settled),
    )  # fmt: skip
    if to == "TESTING":
        return replace(moved, testing_since=at)
    if to == "MONITORING":
        if gate.window_start is None:
            return replace(moved, window_start=at)
        return prolonged(moved, Extension.model_validate(body["extension"]), at)
    if to == "PROMOTED":
        return replace(moved, promoted_at=at, overridden=bool(body.get("overridden")))
    return moved


def prolonged(gate: Gate, extension: Extension, at: datetime) -> Gate:
    """The gate with more time from `at` on; its window goes on through the hours in which it was held."""
    end = (gate.window_start or at) + gate.opening.plan.policy.window + timedelta(hours=gate.extended)
    added = max(at - end, timedelta(0)) / timedelta(hours=1) + extension.hours
    return replace(gate, extensions=gate.extensions + 1, extended=gate.extended + added, extension=extension)
