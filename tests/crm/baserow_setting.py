"""A Baserow double with the five tables in it, and CRM records to bring there."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from tasks.crm.baserow import Patience, TableResult, bootstrap, connect, sync
from tasks.crm.baserow.bootstrap import BootstrapReport
from tasks.crm.baserow.schema import definition
from tasks.crm.tables import TABLES
from tasks.transcripts.record import Client, Coaching, Communications, CrmRecord, Deal, Meeting, NextStep, Objection
from tests.doubles.baserow import BaserowDouble, baserow

EMAIL, PASSWORD = "owner@example.com", SecretStr("a long password")
NAMES = ("Clients", "Meetings", "Deals", "Communications", "Sales Coaching")


@dataclass
class Setting:
    """A server, a database and a token. `waits` are the pauses the client would have made."""

    double: BaserowDouble
    database: int
    token: SecretStr = field(default_factory=lambda: SecretStr(""))
    waits: list[float] = field(default_factory=list)

    @property
    def patience(self) -> Patience:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        return Patience(sleep=sleep, chance=lambda: 0.0)

    def setup(self, **settings: Any) -> BootstrapReport:
        with_login = bootstrap(
            self.double.url, EMAIL, PASSWORD, self.database, patience=self.patience, token_name="phasegate", **settings
        )
        return asyncio.run(with_login)

    def sync(self, *records: CrmRecord) -> dict[str, TableResult]:
        return {result.table: result for result in asyncio.run(self.run(records))}

    async def run(self, records: Iterable[CrmRecord]) -> list[TableResult]:
        async with connect(self.double.url, self.token, self.patience) as connection:
            return await sync(connection, self.database, records)

    def rows(self, table: str) -> dict[str, dict[str, Any]]:
        """Rows by external id; fails when two have the same."""
        rows = self.double.rows(table)
        by_key = {row["external_id"]: row for row in rows}
        assert len(by_key) == len(rows)
        return by_key

    def row(self, table: str, key: str = "10000001") -> dict[str, Any]:
        return self.rows(table)[key]

    def ids(self) -> dict[str, list[int]]:
        return {table: [row["id"] for row in self.double.rows(table)] for table in NAMES}


@contextlib.contextmanager
def empty_database() -> Iterator[Setting]:
    with baserow() as double:
        double.sign_up(EMAIL, PASSWORD.get_secret_value())
        yield Setting(double, double.new_database())


@contextlib.contextmanager
def crm() -> Iterator[Setting]:
    """The five tables as the setup command makes them, and a token for their rows."""
    with empty_database() as setting:
        for table in TABLES:
            setting.double.new_table(setting.database, table.name, [definition(column) for column in table.columns])
        setting.token = SecretStr(setting.double.new_token(setting.database, delete=False).key)
        yield setting


MEETING: dict[str, Any] = {
    "title": "Hanna Brandt: Estate Planning Advisor Meeting",
    "started_at": datetime(2026, 5, 4, 15, 30, tzinfo=UTC),
    "url": "https://recorder.example/calls/1",
    "duration_minutes": Decimal("65.63"),
    "advisor": "Rolf Adler",
    "outcome": "Won",
    "model": "embedded",
}
CLIENT: dict[str, Any] = {
    "persons": ["Hanna Brandt", "Jonas Brandt"],
    "phone": "+12125550100",
    "state": "Ohio",
    "marital_status": "Married",
    "children_count": 2,
    "estate_value": Decimal("1250000"),
    "real_estate_locations": ["Ohio", "Maine"],
}
DEAL: dict[str, Any] = {
    "amount": Decimal("4650"),
    "deposit": Decimal("500.5"),
    "close_date": date(2026, 5, 4),
    "win_probability": Decimal("1"),
    "products": ["LLC", "Estate Planning"],
    "objections": [Objection(category="Price", text="It is a lot of money.")],
    "next_steps": [NextStep(action="Send the papers", owner="advisor", due=date(2026, 5, 11))],
}
COMMUNICATIONS: dict[str, Any] = {
    "follow_up_email": "Dear Hanna,\nthank you.",
    "client_quotes": ["We own the house."],
}
COACHING: dict[str, Any] = {"strengths": ["Listened"], "suggestion": "Ask about the cottage."}


def record(number: int = 1, summary: str = "They signed.", **changes: dict[str, Any]) -> CrmRecord:
    """A whole record; `changes` replace values of its parts (`client={"state": "Ohio"}`)."""
    key = str(10_000_000 + number)
    own = {"transcript_id": key, "filename": f"{key}.txt"}
    return CrmRecord(
        meeting=Meeting(**MEETING | own | changes.get("meeting", {})),
        client=Client(**CLIENT | {"email": f"hanna{number}@example.com"} | changes.get("client", {})),
        deal=Deal(**DEAL | changes.get("deal", {})),
        communications=Communications(**COMMUNICATIONS | changes.get("communications", {})),
        coaching=Coaching(**COACHING | changes.get("coaching", {})),
        summary=summary,
    )


def records(count: int, **changes: Any) -> list[CrmRecord]:
    return [record(number, **changes) for number in range(1, count + 1)]
