"""What a round of killing found: one frozen thing, that is written down and added up."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from blocks.home import PROJECT_ROOT


class Findings(BaseModel):
    """What is wrong after everything has been run again; empty lists are the only good answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    lost: list[str] = Field(default_factory=list)
    """What should be there and is not, or is not what it should be."""
    doubled: list[str] = Field(default_factory=list)
    """What is there more than once."""
    wrong: list[str] = Field(default_factory=list)
    """Promotions that nobody approved or that harm should have stopped; a change that was not taken back."""
    ledger: list[str] = Field(default_factory=list)
    """What `phasegate verify` has against the ledger."""

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.ledger)


class Round(BaseModel):
    """One piece of work that was killed again and again, and came to its end."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    number: int
    scene: str
    kills: dict[str, int]
    """Victim -> how often it was killed."""
    seconds: float
    findings: Findings


class Drill(BaseModel):
    """All rounds so far of one seed and one state of the code."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    seed: int
    code: str = ""
    """What `code` said as it began; none of today's if it was not kept."""
    rounds: list[Round] = Field(default_factory=list)

    @property
    def kills(self) -> int:
        return sum(sum(one.kills.values()) for one in self.rounds)

    @property
    def good(self) -> bool:
        return all(one.findings.good for one in self.rounds)

    @property
    def hopeless(self) -> bool:
        """Whether the last round broke before anything was killed: so would the next ones, without an end."""
        return bool(self.rounds) and not self.rounds[-1].findings.good and not self.rounds[-1].kills


def code() -> str:
    """SHA-256 over every file of the product and of the drills, committed or not."""
    rooms = ("blocks", "tasks", "flows", "deployments", "tests/drills")
    files = [file for room in rooms for file in sorted((PROJECT_ROOT / room).rglob("*")) if file.is_file()]
    told = hashlib.sha256()
    for file in [PROJECT_ROOT / "requirements.lock", *files]:
        if "__pycache__" not in file.parts:
            told.update(f"{file.relative_to(PROJECT_ROOT)} {file.stat().st_size}\n".encode() + file.read_bytes())
    return told.hexdigest()


def gone_on(drill: Drill, path: Path, kills: int) -> Drill:
    """The drill kept in `path` if this new one is the rest of it: same seed and code, good so far, and not through."""
    if not path.exists():
        return drill
    kept = Drill.model_validate_json(path.read_text())
    same = (kept.seed, kept.code) == (drill.seed, drill.code)
    return kept if same and kept.good and kept.kills < kills else drill


def once(seen: Mapping[str, int], wanted: Mapping[str, int]) -> tuple[list[str], list[str]]:
    """What was lost and what doubled, where everything in `wanted` should be there that often."""
    lost = [f"{name}: {seen.get(name, 0)} of {times}" for name, times in wanted.items() if seen.get(name, 0) < times]
    doubled = [f"{name}: {times} times" for name, times in Counter(seen).items() if times > wanted.get(name, 0)]
    return lost, doubled
