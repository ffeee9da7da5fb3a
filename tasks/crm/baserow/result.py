"""What a sync came to, table by table."""

from collections.abc import Iterable

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
    error: str | None = None
    """Why this table stopped before its end; rows that are neither done nor rejected were not tried to the end."""

    @property
    def complete(self) -> bool:
        return self.error is None and not self.rejected


def behind(results: Iterable[TableResult], external_id: str) -> str | None:
    """Why a transcript is not, or not wholly, in Baserow; None if it is."""
    reasons = []
    for result in results:
        if external_id in result.done:
            continue
        rejected = [reject.reason for reject in result.rejected if reject.external_id == external_id]
        reasons.append(f"{result.table}: {'; '.join(rejected) or result.error or 'not sent'}")
    return "\n".join(reasons) or None
