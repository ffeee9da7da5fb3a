"""What the agents make of one call: windows, questions, proof, merge, record. Who answers the questions is passed in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from pydantic import BaseModel

from blocks.errors import CallError
from flows.answers import Problem
from flows.asking import finish_all
from flows.transcripts import extraction, follow_up_email, sales_coaching, social_posts, structuring, summary
from flows.transcripts.agent import Agent, Stretch, Whole
from flows.transcripts.agents import AGENTS
from flows.transcripts.facts import facts
from tasks.transcripts.assemble import assemble
from tasks.transcripts.evidence import verify_all
from tasks.transcripts.findings import Finding, Rejected
from tasks.transcripts.knowledge import Knowledge
from tasks.transcripts.merge import merge
from tasks.transcripts.record import Coaching, Communications, CrmRecord
from tasks.transcripts.scoring.drafts import check_drafts
from tasks.transcripts.transcript import Transcript
from tasks.transcripts.windows import Window


@dataclass(frozen=True)
class Query:
    """One question of an agent, free of any model."""

    agent: Agent
    part: str
    """`window-001` ... or `whole`."""
    prompt: str
    answer: type[BaseModel]
    max_tokens: int
    check: Callable[[Any], Sequence[Problem]]


Ask = Callable[[Query], Awaitable[Any]]
"""Gives a validated answer of the query's type. Raises CallError if there is none, also where the model cannot hold the
question."""


def any_fits(query: Query) -> bool:
    """For whoever has no window: a person, or replies that were recorded."""
    return True


@dataclass(frozen=True)
class Plan:
    """How a call is gone through."""

    windows: tuple[Window, ...]
    picks: frozenset[str] = frozenset()
    """Agents whose model can only choose among what code has found."""
    at_once: int = 1
    """Windows under way at the same time. With one, every agent is asked about a window before the next begins, so
    that a local model's prefix cache holds it."""
    agents: tuple[Agent, ...] = AGENTS
    fits: Callable[[Query], bool] = any_fits
    """Whether the agent's model can hold a question."""


@dataclass(frozen=True)
class Understood:
    record: CrmRecord
    knowledge: Knowledge
    phases: Sequence[Mapping[str, str]]
    dropped: Sequence[Rejected]
    checks: Sequence[Mapping[str, Any]]
    missing: Mapping[str, str]
    stays: Sequence[str] = ()
    """What (dotted, see `Agent.writes`) is the text of an earlier run, perhaps of another model."""


@dataclass
class _Heard:
    """Answers so far: agent -> window -> answer."""

    answers: dict[str, dict[int, Any]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def of(self, agent: Agent, windows: Sequence[Window]) -> list[tuple[Window, Any]]:
        found = self.answers.get(agent.key, {})
        return [(window, found[window.index]) for window in windows if window.index in found]


async def understand(transcript: Transcript, plan: Plan, ask: Ask, model: str | None) -> Understood:
    """Asks every agent and makes one record of it; `model` is the name noted in it.

    An agent that gives no answer leaves a gap named in `missing`, unless it is required. Raises what `ask` raises then.
    """
    heard = _Heard()
    base = _header_day(transcript)
    await _ask_windows(plan, ask, heard, base)
    proven, dropped = _proven(plan, heard, base)
    knowledge = merge(transcript, proven)
    base = knowledge.meeting_date or base
    bare = assemble(transcript, knowledge, model=model)
    quotes = social_posts.unite(heard.of(social_posts.AGENT, plan.windows), knowledge.persons)
    wholes = await _ask_wholes(transcript, plan, ask, heard, bare, quotes, base)
    record = assemble(
        transcript,
        knowledge,
        communications=_communications(wholes, quotes),
        coaching=_coaching(wholes.get(sales_coaching.AGENT.key)),
        summary=getattr(wholes.get(summary.AGENT.key), "summary", None),
        model=model,
    )
    return Understood(
        record, knowledge, structuring.unite(heard.of(structuring.AGENT, plan.windows)), dropped,
        [asdict(check) for check in check_drafts(record, transcript, knowledge.meeting_date)], heard.missing,
    )  # fmt: skip


def _header_day(transcript: Transcript) -> date | None:
    """Before anything is known of the zone: a day may be off by one, which the merge mends."""
    header = transcript.header
    return header.started_at.date() if header.started_at else header.held_on


async def _ask_windows(plan: Plan, ask: Ask, heard: _Heard, base: date | None) -> None:
    turn = asyncio.Semaphore(plan.at_once)

    async def one(window: Window) -> None:
        async with turn:
            await finish_all(
                _ask_window(agent, window, plan, ask, heard, base) for agent in plan.agents if agent.window
            )

    await finish_all(one(window) for window in plan.windows)


async def _ask_window(agent: Agent, window: Window, plan: Plan, ask: Ask, heard: _Heard, base: date | None) -> None:
    query = _window_query(agent, window, plan, base)
    if query is not None and (answer := await _answer(ask, query, heard)) is not None:
        heard.answers.setdefault(agent.key, {})[window.index] = answer


def _window_query(agent: Agent, window: Window, plan: Plan, base: date | None) -> Query | None:
    assert agent.window is not None
    part = agent.window
    stretch = Stretch(window, len(plan.windows), base, agent.key in plan.picks)
    wanted = part.answer(stretch)
    if wanted is None:
        return None
    return Query(
        agent, f"window-{window.index + 1:03}", f"{stretch.text}\n\n# Task: {agent.name}\n\n{part.task(stretch)}",
        wanted, part.max_tokens, lambda answer: part.check(answer, stretch),
    )  # fmt: skip


def windows_fit(transcript: Transcript, plan: Plan) -> bool:
    """Whether every agent's model can hold what it will be asked about each window of the plan."""
    base = _header_day(transcript)
    queries = (
        _window_query(agent, window, plan, base) for window in plan.windows for agent in plan.agents if agent.window
    )
    return all(plan.fits(query) for query in queries if query is not None)


def _proven(plan: Plan, heard: _Heard, base: date | None) -> tuple[list[Finding], list[Rejected]]:
    proven: list[Finding] = []
    dropped: list[Rejected] = []
    agent = extraction.AGENT
    for window, answer in heard.of(agent, plan.windows):
        stretch = Stretch(window, len(plan.windows), base, agent.key in plan.picks)
        right, wrong = verify_all(window, extraction.findings(answer, stretch))
        proven += right
        dropped += wrong
    return proven, dropped


async def _ask_wholes(
    transcript: Transcript, plan: Plan, ask: Ask, heard: _Heard, record: CrmRecord, quotes: Sequence[str],
    base: date | None,
) -> dict[str, Any]:  # fmt: skip
    """Agent -> its answer for the whole call: asked for, or that of the only window.

    Notes on more windows than the model can hold at once are united half by half first.
    """

    async def whole(agent: Agent, notes: Sequence[Any], part: str = "whole") -> Any:
        if not (agent.whole_for_one or len(notes) > 1):
            return notes[0] if notes else None
        query = _whole_query(agent, part, Whole(transcript, record, quotes, notes, base))
        if not agent.whole_for_one and len(notes) > 2 and not plan.fits(query):
            middle = len(notes) // 2
            halves = [await whole(agent, notes[:middle], f"{part}-1"), await whole(agent, notes[middle:], f"{part}-2")]
            # What is told of one half of a call would pass for the whole of it.
            return None if None in halves else await whole(agent, halves, part)
        return await _answer(ask, query, heard)

    async def one(agent: Agent) -> tuple[str, Any]:
        return agent.key, await whole(agent, [answer for _, answer in heard.of(agent, plan.windows)])

    return dict(await finish_all(one(agent) for agent in plan.agents if agent.whole))


def _whole_query(agent: Agent, name: str, whole: Whole) -> Query:
    assert agent.whole is not None
    part = agent.whole
    told = "\n\n".join(filter(None, (facts(whole.record), part.material(whole))))
    return Query(
        agent, name, f"{told}\n\n# Task: {agent.name}\n\n{part.task}", part.answer, part.max_tokens,
        lambda answer: part.check(answer, whole),
    )  # fmt: skip


async def _answer(ask: Ask, query: Query, heard: _Heard) -> Any:
    """The answer, or None with a note of why there is none. Raises what `ask` raises for an agent that is required."""
    try:
        return await ask(query)
    except CallError as error:
        if query.agent.required:
            raise
        heard.missing[f"{query.agent.key}/{query.part}"] = error.happened
        return None


def _communications(wholes: Mapping[str, Any], quotes: Sequence[str]) -> Communications:
    email, posts = wholes.get(follow_up_email.AGENT.key), wholes.get(social_posts.AGENT.key)
    written = posts.model_dump() if posts else {}
    return Communications(follow_up_email=email.text if email else None, client_quotes=list(quotes), **written)


def _coaching(notes: Any) -> Coaching:
    return Coaching.model_validate(notes.model_dump()) if notes else Coaching()
