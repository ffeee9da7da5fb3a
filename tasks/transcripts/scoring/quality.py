"""From cells to figures: key-field accuracy with exact intervals, and one quality score that always comes with its parts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from tasks.judging.rates import lower_bound, upper_bound
from tasks.transcripts.scoring.rules import KEY_FIELDS
from tasks.transcripts.scoring.verdicts import Cell, Condition, TranscriptScore, Verdict

WEIGHTS = {"key": 0.50, "scalar": 0.20, "lists": 0.15, "integrity": 0.15}

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Rate:
    """Right values out of all, with the two-sided exact (Clopper-Pearson) interval: no values prove nothing, 0 to 1."""

    right: int
    n: int

    @property
    def value(self) -> float | None:
        return self.right / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        alpha = (1 - CONFIDENCE) / 2
        if not self.n:
            return 0.0, 1.0
        return lower_bound(self.right, self.n, alpha), upper_bound(self.right, self.n, alpha)


@dataclass(frozen=True)
class Quality:
    """The parts, each from 0 to 1, None where nothing was measured."""

    key: float | None
    scalar: float | None
    lists: float | None
    first_try: float | None
    """Share of the model's answers that fitted the schema at the first try."""
    invented: float | None
    """Share of key and scalar values that nobody said."""

    @property
    def integrity(self) -> float | None:
        if self.first_try is None or self.invented is None:
            return None
        return self.first_try * (1 - self.invented)

    @property
    def total(self) -> float | None:
        """0.50 key fields + 0.20 other fields + 0.15 lists (F1) + 0.15 integrity; None while a part is unmeasured."""
        parts = {"key": self.key, "scalar": self.scalar, "lists": self.lists, "integrity": self.integrity}
        known = {name: part for name, part in parts.items() if part is not None}
        return sum(WEIGHTS[name] * part for name, part in known.items()) if len(known) == len(parts) else None


@dataclass(frozen=True)
class ModelScore:
    """One model over a set of transcripts in one condition and one repetition."""

    model: str
    condition: Condition
    transcripts: tuple[TranscriptScore, ...]
    first_try: float | None = None
    repetition: int = 1

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(cell for score in self.transcripts for cell in score.cells)

    def accuracy(self, group: str) -> Rate:
        """Correct and correctly null, of all values of a group (`key`, `scalar`, `header`)."""
        return _rate(cell for cell in self.cells if cell.group == group)

    def field(self, name: str) -> Rate:
        return _rate(cell for cell in self.cells if cell.field == name)

    @property
    def key_fields(self) -> dict[str, Rate]:
        return {name: self.field(name) for name in KEY_FIELDS}

    def count(self, verdict: Verdict) -> int:
        return sum(cell.verdict == verdict for cell in self.cells if cell.group != "header")

    @property
    def drafts(self) -> Rate:
        """Checks of the drafts that passed. No part of the quality score: it is about facts, and these are texts."""
        return _rate_of(check.passed for score in self.transcripts for check in score.drafts)

    @property
    def step_owners(self) -> Rate:
        """Of the next steps that were matched, those whose owner is right."""
        steps = [score.steps for score in self.transcripts]
        return Rate(sum(one.owners_right for one in steps), sum(one.matched for one in steps))

    @property
    def step_dues(self) -> Rate:
        """Of the next steps that were matched and have a day to count from, those whose due date is right."""
        steps = [score.steps for score in self.transcripts]
        return Rate(sum(one.due_right for one in steps), sum(one.due_scored for one in steps))

    @property
    def decoys(self) -> int:
        return sum(cell.decoy for cell in self.cells)

    @property
    def quality(self) -> Quality:
        cells = [cell for cell in self.cells if cell.group != "header"]
        lists = [one.f1 for score in self.transcripts for one in score.lists]
        return Quality(
            key=self.accuracy("key").value,
            scalar=self.accuracy("scalar").value,
            lists=fmean(lists) if lists else None,
            first_try=self.first_try,
            invented=self.count("invented") / len(cells) if cells else None,
        )


@dataclass(frozen=True)
class Spread:
    """One figure over the repetitions of one model."""

    mean: float
    lowest: float
    highest: float
    n: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """None when a repetition has no figure: a mean over the others would hide it."""
    known = list(values)
    numbers = [value for value in known if value is not None]
    if not numbers or len(numbers) < len(known):
        return None
    return Spread(fmean(numbers), min(numbers), max(numbers), len(numbers))


def meets(score: ModelScore, threshold: float) -> bool:
    """Whether every key field and all together reach the threshold as a plain share; intervals are the gate's matter."""
    rates = [*score.key_fields.values(), score.accuracy("key")]
    return all(rate.value is not None and rate.value >= threshold for rate in rates)


def _rate(cells: Iterable[Cell]) -> Rate:
    return _rate_of(cell.right for cell in cells)


def _rate_of(results: Iterable[bool]) -> Rate:
    right = list(results)
    return Rate(sum(right), len(right))


def by_repetition(scores: Sequence[ModelScore]) -> dict[tuple[str, Condition], list[ModelScore]]:
    """The repetitions of one model in one condition together, in the order given."""
    grouped: dict[tuple[str, Condition], list[ModelScore]] = {}
    for score in scores:
        grouped.setdefault((score.model, score.condition), []).append(score)
    return grouped
