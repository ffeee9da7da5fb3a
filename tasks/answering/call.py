"""What is known of one call: the unit of every statistic."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from blocks.errors import CallError

T = TypeVar("T")
Outcome = Literal["first_pass", "repaired", "failed"]


@dataclass(frozen=True)
class Attempt:
    """One request that was sent, or could not be."""

    kind: Literal["first", "retry", "re-ask"]
    started_at: datetime
    seconds: float
    status: int | None = None
    error_class: str | None = None
    message: str = ""
    raw_body: str = ""
    """The body of a failed attempt as it came, at most 64 KiB; empty for a good one."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    truncated: bool = False
    cold: bool = False
    """The model had to be loaded first, or had just been."""


@dataclass(frozen=True)
class Asked(Generic[T]):
    """One logical question to a model: its answer, or why there is none, and everything measured on the way."""

    outcome: Outcome
    attempts: tuple[Attempt, ...]
    value: T | None = None
    repairs: tuple[str, ...] = ()
    error: CallError | None = None

    @property
    def latency(self) -> float | None:
        """Seconds of the attempt that gave the answer; None if none did."""
        return self.attempts[-1].seconds if self.value is not None else None

    @property
    def cold(self) -> bool:
        """Whether the latency holds the loading of the model."""
        return self.attempts[-1].cold

    @property
    def total_seconds(self) -> float:
        """Seconds from the first request to the last reply, waits included."""
        first, last = self.attempts[0], self.attempts[-1]
        return (last.started_at - first.started_at).total_seconds() + last.seconds

    @property
    def prompt_tokens(self) -> int | None:
        """Of all attempts that brought an answer; None if the server left one of them uncounted."""
        return _sum([attempt.prompt_tokens for attempt in self._answered])

    @property
    def completion_tokens(self) -> int | None:
        """Of all attempts that brought an answer; None if the server left one of them uncounted."""
        return _sum([attempt.completion_tokens for attempt in self._answered])

    @property
    def _answered(self) -> list[Attempt]:
        return [attempt for attempt in self.attempts if attempt.error_class in (None, "invalid_answer")]

    @property
    def truncated(self) -> bool:
        return any(attempt.truncated for attempt in self.attempts)

    def cost(self, input_price: float | None, output_price: float | None) -> float | None:
        """USD for all attempts, prices per million tokens; None where a price or a count is unknown."""
        prompt, completion = self.prompt_tokens, self.completion_tokens
        if input_price is None or output_price is None or prompt is None or completion is None:
            return None
        return (prompt * input_price + completion * output_price) / 1_000_000


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None
