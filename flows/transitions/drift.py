"""Edits made by hand: where a lineup or model block differs from what the ledger says it holds, numbers included.

A scan reads every block it knows and compares content, not events: Prefect's events leave out numeric fields. A block
never seen before is noted as it is. What is found is handled by policy: adopt it with a reason, revert it, or freeze.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from blocks.errors import GateError, InputError
from blocks.lineups import lineup_kinds
from flows.transitions.known import LINEUP_KINDS, beside, differences, digest, known_lineups, known_models
from flows.transitions.plans import PROTECTED
from flows.transitions.reading import all_gates
from flows.transitions.settling import give_way
from flows.transitions.story import Gate, Opening, State
from flows.transitions.world import Content, World
from tasks.judging.wording import spoken_list
from tasks.records.ledger import Read, last_sequence

Policy = Literal["adopt", "revert", "freeze"]
"""
adopt   what is there is right; the ledger notes it with the reason. Not for a protected role that users are served by;
        and an open gate that compares what was edited still goes back
revert  what the ledger says is written back
freeze  nothing is changed; an incident freezes all gates until a person closes it
"""
NEXT_STEP = (
    'Next: keep it with `phasegate drift adopt --reason "..."`, undo it with `phasegate drift revert --reason "..."`, or'
    ' freeze all gates with `phasegate drift freeze --reason "..."`; `--name BLOCK` handles one of several.'
)
COMPARING: frozenset[State] = frozenset({"TESTING", "MONITORING"})
"""States in which calls under both lineups are gathered, so that these may differ in nothing but the gate's change."""


@dataclass(frozen=True)
class Finding:
    """One block that is not what the ledger says."""

    kind: Literal["lineup", "model"]
    pipeline: str
    """Empty for a model, which any pipeline may use."""
    name: str
    expected: Content
    found: Content | None

    @property
    def fields(self) -> Mapping[str, tuple[Any, Any]]:
        return differences(self.expected, self.found)

    @property
    def sentence(self) -> str:
        if self.found is None:
            return f"The {self._what} was deleted."
        changes = [f"{field} is {there!r} instead of {expected!r}" for field, (expected, there) in self.fields.items()]
        return f"In the {self._what} {spoken_list(changes)}."

    @property
    def _what(self) -> str:
        """With its pipeline: each has a lineup of the same name."""
        return f"{self.pipeline} {self.kind} {self.name!r}".strip()

    def concerns(self, opening: Opening) -> bool:
        """Whether a gate about `opening` is touched at all: its lineups, its models."""
        if self.kind == "lineup":
            return self.pipeline == opening.pipeline and self.name in (opening.production, opening.preview)
        return self.name in {*opening.incumbents.values(), *opening.candidates.values()}

    def breaks(self, gate: Gate) -> bool:
        """Whether it makes a running gate worthless: a changed role, the canary, or a model it compares.

        Once promoted, nobody is served or judged by its preview any more: what is tried there takes nothing from users.
        """
        o = gate.opening
        if not self.concerns(o) or (gate.state == "PROMOTED" and self.kind == "lineup" and self.name == o.preview):
            return False
        touched = {*o.candidates, "canary_percent", "canary_roles", "canary_gate"}
        return self.kind == "model" or self.found is None or bool(touched & set(self.fields))


async def scan(world: World) -> list[Finding]:
    """Everything that differs. Lineups that a gate is writing right now are that gate's business and left out."""
    lineups, models = known_lineups(world), known_models(world)
    busy = _being_written(world)
    found: list[Finding] = []
    for (pipeline, name), expected in lineups.items():
        if (pipeline, name) not in busy:
            there = await world.blocks.lineup(pipeline, name)
            found += [Finding("lineup", pipeline, name, expected, there)] if digest(there) != digest(expected) else []
    there_are = await world.blocks.models()
    for name, expected in models.items():
        there = there_are.get(name)
        found += [Finding("model", "", name, expected, there)] if digest(there) != digest(expected) else []
    return found


async def note_new(world: World, lineups: tuple[str, ...] = ("production", "preview")) -> list[str]:
    """Notes blocks that the ledger does not know yet; their names."""
    noted = []
    known, models = known_lineups(world), known_models(world)
    new = [(pipeline, name) for pipeline in lineup_kinds() for name in lineups if (pipeline, name) not in known]
    for pipeline, name in new:
        if (content := await world.blocks.lineup(pipeline, name)) is not None:
            _adopt(world, "phasegate", {"pipeline": pipeline, "lineup": name}, content, "seen for the first time")
            noted.append(name)
    for name, content in (await world.blocks.models()).items():
        if name not in models:
            _adopt(world, "phasegate", {"model": name}, content, "seen for the first time")
            noted.append(name)
    return noted


def require_known(world: World, name: str) -> None:
    """Raises InputError unless the ledger knows a lineup or model block of this name: a mistyped one is not unedited."""
    known = sorted({lineup for _, lineup in known_lineups(world)} | known_models(world).keys())
    if name not in known:
        raise InputError(
            f"The ledger knows no block {name!r}.", means="nothing was done.",
            do=f"use one of: {', '.join(known)}." if known else "`phasegate bootstrap` enters those there are.",
        )  # fmt: skip


async def note_entered(world: World, actor: str, fields: Collection[str], reason: str) -> None:
    """Notes what a command has entered into these fields of model blocks: it was given by a person and is no edit behind
    the ledger's back. A block that differs in another field as well stays a finding."""
    for finding in await scan(world):
        if finding.kind == "model" and finding.found and set(finding.fields) <= set(fields):
            _adopt(world, actor, _subject(finding), finding.found, reason)


async def drifted(world: World, gate: Gate) -> tuple[str, ...]:
    """Reasons to roll this gate back: hand edits of what it changes or compares, adopted since or not."""
    there = [finding.sentence for finding in await scan(world) if finding.breaks(gate)]
    adopted = [finding.sentence for finding in _adopted_since(world, gate) if finding.breaks(gate)]
    return (
        *(f"Edited by hand while the gate was open. {sentence}" for sentence in there),
        *(f"Edited by hand and adopted while the gate was open. {sentence}" for sentence in adopted),
        *(await _apart(world, gate) if gate.state in COMPARING else ()),
    )


async def _apart(world: World, gate: Gate) -> list[str]:
    """What the lineups have otherwise beside the change, adopted or not: calls under them are not of one pipeline then."""
    o = gate.opening
    if any((o.pipeline, name) in _being_written(world) for name in (o.production, o.preview)):
        return []
    production, preview = [await world.blocks.lineup(o.pipeline, name) for name in (o.production, o.preview)]
    fields = beside(o.candidates, production, preview) if production and preview else []
    if not fields:
        return []
    return [
        f"Edited by hand while calls were compared. {o.preview!r} came to differ from {o.production!r} in"
        f" {spoken_list(fields)}, which this gate does not change: its calls came of two different pipelines."
    ]


def _adopted_since(world: World, gate: Gate) -> Iterator[Finding]:
    """Edits that were adopted since testing began: what was measured before was measured of something else."""
    began = min(entry.sequence for entry in world.read("moved", gate_id=gate.id) if entry.body["to"] == "TESTING")
    before: dict[tuple[str, str, str], Content] = {}
    for entry in world.read(*LINEUP_KINDS):
        kind: Literal["lineup", "model"] = "model" if "model" in entry.body else "lineup"
        subject = (kind, entry.body.get("pipeline", ""), entry.body[kind])
        content, expected = entry.body["content"], before.get(subject)
        if entry.kind == "adopted" and entry.sequence > began and expected is not None and content != expected:
            yield Finding(kind, *subject[1:], expected, content)
        before[subject] = content


async def handle(world: World, finding: Finding, policy: Policy, actor: str, reason: str) -> None:
    """Applies the policy to one finding and records it.

    Raises GateError without a reason, of what has changed since it was found, to adopt what was deleted or what only a
    gate may change, and to revert a model block that was deleted.
    """
    if not reason.strip():
        raise GateError("A reason is needed.", do="say why, in a few words; it is kept for ever.")
    seen = Read(LINEUP_KINDS, last_sequence(world.database))
    if finding not in await scan(world):
        raise GateError(
            f"{finding.sentence} That is not so any more.",
            means="a gate or a person has changed it since; nothing was done.",
            do="look again with `phasegate drift`.",
        )
    if finding.found is None:
        _refuse_impossible(finding, policy)
    if policy == "adopt":
        await _refuse_protected(world, finding)
    said = {"finding": finding.sentence, "policy": policy, "reason": reason}
    world.record("drift", actor, said, decided_on=seen)
    match policy:
        case "freeze":
            world.record("incident_opened", actor, {"reason": f"{finding.sentence} {reason}"})
        case "revert":
            await _revert(world, finding)
        case "adopt":
            _adopt(world, actor, _subject(finding), finding.found or {}, reason)


def _refuse_impossible(finding: Finding, policy: Policy) -> None:
    """What was deleted can be neither adopted nor, with its credentials gone, made again: said before it is recorded."""
    if finding.kind == "model" and policy != "freeze":
        raise GateError(
            finding.sentence,
            means="its credentials are gone too; nothing can bring them back.",
            do="create it again in the Prefect UI, then adopt it if it differs.",
        )
    if policy == "adopt":
        raise GateError(f"{finding.sentence} There is nothing to adopt.", do="`phasegate drift revert`.")


async def _refuse_protected(world: World, finding: Finding) -> None:
    """Adopting another model for a protected role would be a gate without tests, window and approvals.

    Free before the pipeline's first baseline, while it is being set up; and where the model that should serve does not
    answer, because then no gate could begin either.
    """
    if finding.kind == "model":
        _refuse_another_model(world, finding)
    for role in sorted(PROTECTED.get(finding.pipeline, frozenset()) & set(finding.fields)):
        model = finding.fields[role][0]
        if _is_in_use(world, finding.pipeline, finding.name) and (await world.blocks.probe(model)).alive:
            raise GateError(
                f"The role {role} is protected, and {model!r}, which should serve it, answers.",
                means="another model for it has to be tested, watched and approved; nothing was adopted.",
                do=f"name {model!r} in the lineup again, or `phasegate drift revert`; then use the role's own phase.",
            )


def _refuse_another_model(world: World, finding: Finding) -> None:
    """The same, by way of the block that serves a protected role. Whether the model it held answers cannot be asked now."""
    expected, found = finding.fields.get("expected_digest", ("", ""))
    weights = not str(found or "").startswith(str(expected or ""))  # insisting on more of a digest changes nothing
    if not weights and not {"provider", "model"} & set(finding.fields):
        return
    for (pipeline, lineup), content in known_lineups(world).items():
        for role in sorted(PROTECTED.get(pipeline, frozenset())):
            if content.get(role) == finding.name and _is_in_use(world, pipeline, lineup):
                raise GateError(
                    f"{finding.sentence} It serves the role {role}, which is protected.",
                    means="another model for it has to be tested, watched and approved; nothing was adopted.",
                    do="`phasegate drift revert`, and put the other model into a block of its own; then use the role's own"
                    " phase, or name that block in the lineup if the model of before does not answer any more.",
                )


def _is_in_use(world: World, pipeline: str, lineup: str) -> bool:
    """Whether users are served by this lineup, as a baseline has shown it can."""
    serving = {Opening.model_fields["production"].default, *(gate.opening.production for gate in all_gates(world))}
    proven = any(entry.body["passed"] and entry.body["pipeline"] == pipeline for entry in world.read("baseline"))
    return proven and lineup in serving


def _subject(finding: Finding) -> dict[str, str]:
    if finding.kind == "lineup":
        return {"pipeline": finding.pipeline, "lineup": finding.name}
    return {"model": finding.name}


def _adopt(world: World, actor: str, subject: Content, content: Content, reason: str) -> None:
    world.record("adopted", actor, {**subject, "content": content, "after": digest(content), "reason": reason})


async def _revert(world: World, finding: Finding) -> None:
    if finding.kind == "lineup":
        await world.blocks.write_lineup(finding.pipeline, finding.name, finding.expected)
        await give_way(world, finding.pipeline, finding.name, finding.expected)
    else:
        await world.blocks.write_model(finding.name, finding.expected)


def _being_written(world: World) -> set[tuple[str, str]]:
    return {(gate.opening.pipeline, lineup) for gate in all_gates(world) if not gate.settled for lineup in gate.serves}
