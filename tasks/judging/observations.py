"""What is observed: one logical call of one role on one input, and the window it falls into."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field

from tasks.judging.values import Value

Arm = Literal["incumbent", "candidate"]
"""The lineup a call was made under: the one that serves now, or the one that wants to."""


class Call(Value):
    """The unit of every statistic. Retries, repairs and fallbacks are part of a call, never calls of their own."""

    role: str
    arm: Arm
    at: AwareDatetime
    """When the call was started."""
    run_id: str
    """Run of the pipeline; calls of one role in one run are not independent."""
    input_id: str | None = None
    """The brief or transcript, the same however often it is asked; None: every pair, else every run, has its own."""
    failed: bool
    """No valid answer came from this arm's own model: transport error, timeout, invalid after repair, fallback used."""
    score: float | None = Field(default=None, ge=0, le=100)
    seconds: float | None = Field(default=None, gt=0)
    """Latency of the successful attempt."""
    cost: float | None = Field(default=None, ge=0)
    """None when a price is unknown; that is never taken as free."""
    placeholders: int = Field(default=0, ge=0)
    echoes: int = Field(default=0, ge=0)
    """Pieces of the prompt repeated as if they were an answer."""
    fields: dict[str, bool] = Field(default_factory=dict)
    """Field of a transcript's record -> extracted rightly; empty where there is no gold."""
    pair_id: str | None = None
    """The same for the incumbent's and the candidate's calls on the same input at the same time; else None."""
    cold: bool = False
    """First call after the model was loaded or switched: its latency is reported apart."""
    weight: float | None = Field(default=None, gt=0, lt=1)
    """Share of live traffic routed to the candidate when this call was routed; None for replay and for all or nothing."""

    @property
    def about(self) -> str:
        """What it was asked about: answers about the same thing say nothing about other things."""
        return self.input_id or self.pair_id or self.run_id


class Window(Value):
    """The time of monitoring, cut into equal buckets (24 hours of one hour; shorter in demonstrations)."""

    start: AwareDatetime
    length: timedelta = Field(default=timedelta(hours=24), gt=timedelta(0))
    buckets: int = Field(default=24, ge=1)

    @property
    def end(self) -> datetime:
        return self.start + self.length

    def bucket_of(self, at: datetime) -> int | None:
        """Index of the bucket `at` falls into; None before the start and from the end on."""
        position = (at - self.start) * self.buckets // self.length
        return position if 0 <= position < self.buckets else None
