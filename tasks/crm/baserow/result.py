"""What a sync came to, table by table."""

from pydantic import BaseModel, ConfigDict, Field


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Reject(_Result):
    """A row Baserow does not take, or that cannot be sent."""

    external_id: str
    reason: str


class TableResult(_Result):
    table: str
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Reject] = Field(default_factory=list)
    done: list[str] = Field(default_factory=list)
    """External ids whose row is in Baserow as it should be: created, updated or unchanged."""
    unsure: dict[str, str] = Field(default_factory=dict)
    """External id → why its row is not known to be there, though Baserow did not refuse it: the next sync tries again."""
    error: str | None = None
    """Why this table stopped before its end; rows that are in none of the three were not tried to the end."""

    @property
    def complete(self) -> bool:
        return self.error is None and not (self.rejected or self.unsure)
