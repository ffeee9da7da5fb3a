"""The evidence of a gate, computed by the database: counts by `GROUP BY`, pairs as one row an input.

The same numbers as `tasks.judging.aggregate` computes from calls in memory; a test holds the two together. Sums of
fractions are made exactly here and not by the database, so that equal calls give equal evidence, whatever the order in
which a database adds: an approval is bound to the digest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, RowMapping, and_, case, distinct, func, or_, select, true

from tasks.judging.evidence import ArmTally, Evidence, FieldTally, PairTally, RoleEvidence, Routed
from tasks.judging.moments import Moments
from tasks.judging.observations import Window
from tasks.judging.pairing import Pair, Side, tally_pairs
from tasks.judging.policy import Policy
from tasks.records.database import usable
from tasks.records.ledger_tables import assignments, field_checks
from tasks.records.live_runs import ENDED
from tasks.records.tables import calls, runs

COUNTED = ("user", "trial", "shadow")
"""Purposes whose calls say something about a candidate; drills do not, and a baseline has no candidate."""


@dataclass(frozen=True)
class Slice:
    """Which calls a gate looks at."""

    pipeline: str
    environments: tuple[str, ...]
    candidates: Mapping[str, str]
    """Changed role -> the candidate's block. An answer of any other model is none of the candidate's."""
    since: datetime
    until: datetime
    gate_id: str = ""
    roles: tuple[str, ...] = ()
    """Roles looked at, all if empty. Naming them lets the database find a window among a million calls by its index."""
    purposes: tuple[str, ...] = COUNTED


def read_evidence(database: Engine, wanted: Slice, policy: Policy, window: Window) -> Evidence:
    """What the calls of the slice say; calls outside the window count for every rate, but cover no bucket."""
    arms = _arms(database, wanted, policy, window)
    cold = _cold(database, wanted) if any(row["cold"] for row in arms.values()) else {}
    fields, pairs, routed = _fields(database, wanted), _pairs(database, wanted, policy), _routed(database, wanted)
    roles = {
        role: _role(role, arms, cold, fields, pairs, routed, window) for role in sorted({role for role, _ in arms})
    }
    last = max((row["last"] for row in arms.values()), default=None)
    return Evidence(window=window, roles=roles, last_seen=last)


def _role(
    role: str,
    arms: Mapping[tuple[str, str], RowMapping],
    cold: Mapping[tuple[str, str], Moments],
    fields: Mapping[tuple[str, str], dict[str, FieldTally]],
    pairs: Mapping[str, PairTally],
    routed: Mapping[str, tuple[Routed, ...]],
    window: Window,
) -> RoleEvidence:
    before, after = (role, "incumbent"), (role, "candidate")
    candidate = arms.get(after)
    return RoleEvidence(
        incumbent=_tally(arms.get(before), fields.get(before, {}), cold.get(before, Moments())),
        candidate=_tally(candidate, fields.get(after, {}), cold.get(after, Moments())),
        pairs=pairs.get(role, PairTally()),
        routed=routed.get(role, ()),
        buckets=tuple(int(candidate[f"bucket_{n}"]) if candidate else 0 for n in range(window.buckets)),
    )


def _tally(row: RowMapping | None, fields: dict[str, FieldTally], cold: Moments) -> ArmTally:
    if row is None:
        return ArmTally()
    counts = (
        "calls",
        "runs",
        "inputs",
        "failed_inputs",
        "failures",
        "placeholders",
        "echoes",
        "spoiled",
        "scored",
        "good",
    )
    # Scores are whole numbers, so the database's sums are exact.
    scores = Moments.from_sums(row["scored"], *(int(row[name] or 0) for name in ("scores", "squares", "cubes")))
    tallied = {name: int(row[name] or 0) for name in counts}
    return ArmTally(**tallied, scores=scores, fields=fields, cold_seconds=cold)


def inside(wanted: Slice) -> ColumnElement[bool]:
    """Calls of the slice."""
    return and_(
        calls.c.role.in_(wanted.roles) if wanted.roles else true(),
        calls.c.pipeline == wanted.pipeline,
        calls.c.environment.in_(wanted.environments),
        calls.c.purpose.in_(wanted.purposes),
        calls.c.started_at >= wanted.since,
        calls.c.started_at < wanted.until,
    )


def failed_in(wanted: Slice) -> ColumnElement[bool]:
    """No valid answer from this arm's own model: what a fallback answered is a failure of the candidate."""
    strangers = [
        and_(calls.c.arm == "candidate", calls.c.role == role, calls.c.model_block != block)
        for role, block in wanted.candidates.items()
    ]
    return or_(calls.c.outcome == "failed", *strangers)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _spoiled(wanted: Slice) -> ColumnElement[bool]:
    return or_(failed_in(wanted), calls.c.placeholders > 0, calls.c.echoes > 0)


def _arms(database: Engine, wanted: Slice, policy: Policy, window: Window) -> dict[tuple[str, str], RowMapping]:
    """(role, arm) -> all counts in one row."""
    answered = ~failed_in(wanted)
    score = case((and_(answered, calls.c.score.is_not(None)), calls.c.score), else_=None)
    width = window.length / window.buckets
    edges = [window.start + number * width for number in range(window.buckets)] + [window.end]
    buckets = [
        _count(and_(calls.c.started_at >= edges[n], calls.c.started_at < edges[n + 1])).label(f"bucket_{n}")
        for n in range(window.buckets)
    ]
    statement = (
        select(
            calls.c.role,
            calls.c.arm,
            func.count().label("calls"),
            func.count(distinct(calls.c.run_id)).label("runs"),
            func.count(distinct(runs.c.input_sha256)).label("inputs"),
            _count(failed_in(wanted)).label("failures"),
            func.count(distinct(case((failed_in(wanted), runs.c.input_sha256)))).label("failed_inputs"),
            _count(and_(answered, calls.c.placeholders > 0)).label("placeholders"),
            _count(and_(answered, calls.c.echoes > 0)).label("echoes"),
            _count(_spoiled(wanted)).label("spoiled"),
            func.count(score).label("scored"),
            _count(score >= policy.good_score).label("good"),
            func.sum(score).label("scores"),
            func.sum(score * score).label("squares"),
            func.sum(score * score * score).label("cubes"),
            func.max(calls.c.started_at).label("last"),
            _count(calls.c.cold).label("cold"),
            *buckets,
        )
        .join(runs, runs.c.id == calls.c.run_id)
        .where(inside(wanted))
        .group_by(calls.c.role, calls.c.arm)
    )
    with usable(database), database.connect() as connection:
        return {(row["role"], row["arm"]): row for row in connection.execute(statement).mappings()}


def _cold(database: Engine, wanted: Slice) -> dict[tuple[str, str], Moments]:
    """(role, arm) -> seconds of the calls a model was loaded for. They are few, so their sums are made here."""
    statement = select(calls.c.role, calls.c.arm, calls.c.seconds).where(
        inside(wanted), calls.c.cold, ~failed_in(wanted), calls.c.seconds.is_not(None)
    )
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    with usable(database), database.connect() as connection:
        for row in connection.execute(statement):
            seconds[row.role, row.arm].append(row.seconds)
    return {key: Moments.of(found) for key, found in seconds.items()}


def _fields(database: Engine, wanted: Slice) -> dict[tuple[str, str], dict[str, FieldTally]]:
    statement = (
        select(calls.c.role, calls.c.arm, field_checks.c.field, func.count().label("checked"),
               _count(~field_checks.c.correct).label("wrong"),
               func.count(distinct(runs.c.input_sha256)).label("transcripts"))
        .join(field_checks, field_checks.c.call_id == calls.c.id)
        .join(runs, runs.c.id == calls.c.run_id)
        .where(inside(wanted), ~failed_in(wanted))
        .group_by(calls.c.role, calls.c.arm, field_checks.c.field)
        .order_by(field_checks.c.field)
    )  # fmt: skip
    found: dict[tuple[str, str], dict[str, FieldTally]] = defaultdict(dict)
    with usable(database), database.connect() as connection:
        for row in connection.execute(statement):
            tally = FieldTally(checked=row.checked, wrong=row.wrong, transcripts=row.transcripts)
            found[row.role, row.arm][row.field] = tally
    return found


def _routed(database: Engine, wanted: Slice) -> dict[str, tuple[Routed, ...]]:
    """Role -> counts for each weight below all: runs that this gate's canary sent somewhere, each drawn once."""
    statement = (
        select(calls.c.role, assignments.c.weight, calls.c.arm, func.count(distinct(calls.c.run_id)).label("runs"),
               func.count(distinct(case((_spoiled(wanted), calls.c.run_id)))).label("spoiled"))
        .join(assignments, assignments.c.run_id == calls.c.run_id)
        .where(inside(wanted), assignments.c.gate_id == wanted.gate_id, assignments.c.weight < 1, assignments.c.weight > 0)
        .group_by(calls.c.role, assignments.c.weight, calls.c.arm)
        .order_by(assignments.c.weight)
    )  # fmt: skip
    found: dict[tuple[str, float], dict[str, int]] = defaultdict(dict)
    sent = select(assignments.c.run_id).where(assignments.c.gate_id == wanted.gate_id).limit(1)
    with usable(database), database.connect() as connection:
        if connection.execute(sent).first() is None:  # no canary, as nearly always: its calls are not looked through
            return {}
        for row in connection.execute(statement):
            found[row.role, row.weight] |= {row.arm: row.runs, f"{row.arm}_spoiled": row.spoiled}
    roles: dict[str, list[Routed]] = defaultdict(list)
    for (role, weight), counts in found.items():
        roles[role].append(Routed.model_validate({"weight": weight, **counts}))
    return {role: tuple(steps) for role, steps in roles.items()}


def _pairs(database: Engine, wanted: Slice, policy: Policy) -> dict[str, PairTally]:
    """Role -> its pairs. One row a pair, of the inputs that both arms were asked: users' runs have no other side."""
    columns = [column for arm in ("incumbent", "candidate") for column in _side_columns(arm, ~failed_in(wanted))]
    both = [func.count(case((calls.c.arm == arm, 1))) > 0 for arm in ("incumbent", "candidate")]
    statement = (
        select(calls.c.role, func.min(runs.c.input_sha256), *columns)
        .join(runs, runs.c.id == calls.c.run_id)
        .where(inside(wanted), calls.c.pair_id.is_not(None))
        .group_by(calls.c.role, calls.c.pair_id)
        .having(and_(*both))
        .order_by(func.min(calls.c.started_at), calls.c.pair_id)
    )
    found: dict[str, list[Pair]] = defaultdict(list)
    with usable(database), database.connect() as connection:
        for role, about, *sums in connection.execute(statement):
            half = len(sums) // 2
            found[role].append(Pair(about, _side(*sums[:half]), _side(*sums[half:])))
    return {role: tally_pairs(of_role, policy) for role, of_role in found.items()}


def _side_columns(arm: str, answered: ColumnElement[bool]) -> list[ColumnElement[Any]]:
    """What `_side` takes, of one arm: sums over the repeats of one input."""
    mine = and_(calls.c.arm == arm, answered)
    score, cost = (case((mine, column), else_=None) for column in (calls.c.score, calls.c.cost))
    seconds = case((and_(mine, ~calls.c.cold), calls.c.seconds), else_=None)
    sums = [
        total
        for number, value in enumerate((score, seconds, cost))
        for total in (func.sum(value).label(f"{arm}_{number}"), func.count(value).label(f"{arm}_{number}_known"))
    ]
    return [func.count(case((mine, 1))).label(f"{arm}_answered"), *sums]


def _side(answered: int, scores: Any, scored: int, seconds: Any, timed: int, costs: Any, priced: int) -> Side:
    cost = _mean(costs, priced) if priced == answered else None
    return Side(bool(answered), _mean(scores, scored), _mean(seconds, timed), cost)


def _mean(total: Any, count: int) -> float | None:
    """Rounded to what a clock or a price can tell, so that the order of a database's additions does not show."""
    return round(float(total) / count, 9) if count else None


def replayed(database: Engine, pipeline: str, preview: str, since: datetime) -> int:
    """Trials under the preview lineup that have begun since then and are over; one that was killed is asked again."""
    wanted = select(func.count()).select_from(runs).where(_trials(pipeline, preview, since))
    with usable(database), database.connect() as connection:
        return int(connection.execute(wanted).scalar_one())


def broken_off(database: Engine, pipeline: str, preview: str, since: datetime, roles: Iterable[str]) -> int:
    """How many of those trials never came to ask the one of these roles that was asked least."""
    wanted = (
        select(calls.c.role, func.count(distinct(calls.c.run_id)).label("asked"))
        .join(runs, runs.c.id == calls.c.run_id)
        .where(_trials(pipeline, preview, since))
        .group_by(calls.c.role)
    )
    with usable(database), database.connect() as connection:
        asked: dict[str, int] = {row.role: row.asked for row in connection.execute(wanted)}
    return replayed(database, pipeline, preview, since) - min(asked.get(role, 0) for role in roles)


def _trials(pipeline: str, preview: str, since: datetime) -> ColumnElement[bool]:
    return and_(
        runs.c.pipeline == pipeline,
        runs.c.environment == preview,
        runs.c.purpose == "trial",
        runs.c.status.in_(ENDED),
        runs.c.started_at >= since,
    )
