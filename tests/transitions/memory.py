"""Blocks without a server, as unkind as one: what is written may be edited behind the gate's back, models may be dead.

Stands for Prefect's block documents where a test moves gates thousands of times; the modules marked `server` use Prefect.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from blocks.errors import ConfigurationError, ServiceError
from blocks.lineups import GeneratorLineup
from flows.transitions.world import ApproverFacts, Content, Probe, RunState
from tests.transitions.scenes import START

SECRETS = {name: (name.upper() + "A" * 32)[:32] for name in ("Grace", "Alan", "Ada")}


def a_lineup(model: str = "old", **given: Any) -> dict[str, Any]:
    lineup = GeneratorLineup(**{**dict.fromkeys(GeneratorLineup.roles, model), **given})
    return lineup.model_dump(mode="json", exclude={"block_type_slug"})


def an_outage() -> Exception:
    """What the client of a Prefect server raises whose disk is full."""
    request = httpx.Request("PATCH", "http://127.0.0.1:4200/api/block_documents/1")
    return httpx.HTTPStatusError("Server error '500'", request=request, response=httpx.Response(500, request=request))


@dataclass
class MemoryBlocks:
    lineups: dict[tuple[str, str], dict[str, Any]] = field(default_factory=lambda: {
        ("generator", "production"): a_lineup(), ("generator", "preview"): a_lineup(),
    })  # fmt: skip
    facts: dict[str, dict[str, Any]] = field(default_factory=lambda: {
        "old": {"model": "old-70b", "temperature": 0.1}, "new": {"model": "new-70b", "temperature": 0.1},
    })  # fmt: skip
    dead: set[str] = field(default_factory=set)
    """Models that do not answer."""
    refuse: set[str] = field(default_factory=set)
    """Lineups and approvers that cannot be written."""
    people: dict[str, str] = field(default_factory=lambda: dict(SECRETS))
    inactive: set[str] = field(default_factory=set)
    run: RunState | None = None
    probes: list[str] = field(default_factory=list)
    loading: float = 0
    """Seconds a model takes to be loaded, for the first to ask it."""
    spent: float = 0
    """Seconds spent so."""

    async def lineup(self, pipeline: str, name: str) -> Content | None:
        return deepcopy(self.lineups.get((pipeline, name)))

    async def write_lineup(self, pipeline: str, name: str, content: Content) -> None:
        if name in self.refuse:
            raise an_outage()
        self.lineups[pipeline, name] = dict(deepcopy(content))

    async def models(self) -> Mapping[str, Content]:
        return deepcopy(self.facts)

    async def write_model(self, name: str, content: Content) -> None:
        if name not in self.facts:
            raise ConfigurationError(f"The model block {name!r} was deleted.")
        self.facts[name] = dict(content)

    async def probe(self, model: str) -> Probe:
        self.spent += 0 if model in self.probes else self.loading
        self.probes.append(model)
        alive = model in self.facts and model not in self.dead
        return Probe(alive, 0.01) if alive else Probe(alive, 0.01, "no answer", "start its server.")

    async def approvers(self) -> Sequence[ApproverFacts]:
        return [ApproverFacts(name, secret, name not in self.inactive) for name, secret in self.people.items()]

    async def write_approver(self, approver: ApproverFacts) -> None:
        if approver.name in self.refuse:
            raise an_outage()
        if approver.name not in self.people and not re.fullmatch("[a-z0-9-]+", approver.name):
            raise ServiceError("Block document name must only contain lowercase letters, numbers, and dashes")
        self.people[approver.name] = approver.totp
        self.inactive -= {approver.name} if approver.active else set()

    async def delete_approver(self, name: str) -> None:
        if name in self.refuse:
            raise an_outage()
        self.people.pop(name, None)

    async def run_state(self, run_id: str) -> RunState | None:
        return self.run


@dataclass
class Clock:
    """Time that passes when a test says so."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **some: float) -> None:
        self.now += timedelta(**some)


Killer = Callable[[], None]
