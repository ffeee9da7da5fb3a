"""What a running pipeline has to know of the gates: which arm it is, where a canary sends it, what was taken back since.

Read by pipelines, so it knows nothing of how gates decide: only which moves were recorded.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Engine, select

from tasks.records.ledger import Entry, entries
from tasks.records.ledger_tables import assignments

Arm = Literal["incumbent", "candidate"]
OVER = ("ROLLED_BACK", "STABLE")


def taken_back(database: Engine, pipeline: str, lineup: str, role: str, since: int) -> str | None:
    """The model block that serves a role again because of the newest rollback recorded after entry `since`; else None.

    A rollback reaches a run under way with its next call, for good: whatever is tested or promoted afterwards, the run
    would otherwise ask the model again that was taken back. Nothing but a rollback reaches it.
    """
    block = None
    for entry in entries(database, kinds=["moved"], after=since):
        if entry.body["to"] == "ROLLED_BACK" and entry.body.get("pipeline") == pipeline:
            block = entry.body["serves"].get(lineup, {}).get(role, block)
    return block


def arm_of(database: Engine, pipeline: str, roles: Mapping[str, str]) -> Arm:
    """The arm of a run under a lineup: the candidate's, if an open gate's candidates serve all the roles it changes."""
    for changes in _open_changes(entries(database, kinds=["planned", "moved"]), pipeline):
        if all(roles.get(role) == candidate for role, candidate in changes.items()):
            return "candidate"
    return "incumbent"


def _open_changes(found: Iterable[Entry], pipeline: str) -> list[dict[str, str]]:
    """Role -> candidate, for each gate that has begun and is not over."""
    planned: dict[str, dict[str, str]] = {}
    running: set[str] = set()
    for entry in found:
        gate = str(entry.gate_id)
        if entry.kind == "planned" and entry.body["opening"]["pipeline"] == pipeline:
            planned[gate] = {change["role"]: change["candidate"] for change in entry.body["opening"]["changes"]}
        elif entry.kind == "moved":
            (running.discard if entry.body["to"] in OVER else running.add)(gate)
    return [changes for gate, changes in planned.items() if gate in running]


def assigned(database: Engine, run_id: str, gate_id: str, percent: int, at: datetime) -> Arm:
    """The arm a canary gives this run, for as long as the run lives, whatever becomes of the weight meanwhile."""
    arm: Arm = "candidate" if lot(run_id, gate_id) < percent else "incumbent"
    mine = (assignments.c.run_id == run_id) & (assignments.c.gate_id == gate_id)
    with database.begin() as connection:
        found = connection.execute(select(assignments.c.arm).where(mine)).scalar()
        if found is not None:
            return "candidate" if found == "candidate" else "incumbent"
        row = {"run_id": run_id, "gate_id": gate_id, "arm": arm, "weight": percent / 100, "at": at}
        connection.execute(assignments.insert().values(row))
    return arm


def lot(run_id: str, gate_id: str) -> int:
    """0 to 99, the same for the same run and gate on every machine; growing weights only add runs to the candidate."""
    return int.from_bytes(hashlib.sha256(f"{run_id}/{gate_id}".encode()).digest()[:8], "big") % 100


def served_at(database: Engine, pipeline: str, lineup: str, at: datetime) -> dict[str, Any] | None:
    """What the lineup held at a time, as it was read back or adopted; None before its first entry.

    A write that was only meant, and perhaps refused, served nobody.
    """
    known: dict[str, Any] | None = None
    for entry in entries(database, kinds=["written", "adopted"]):
        mine = (entry.body.get("pipeline"), entry.body.get("lineup")) == (pipeline, lineup)
        if mine and entry.at <= at:
            known = entry.body["content"]
    return known
