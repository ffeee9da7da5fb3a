"""How the policy of one gate departs from its phase's own: every changed value in words, and whether less is asked."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Literal

from tasks.judging.policy import FieldRule, Policy
from tasks.judging.values import Value
from tasks.judging.wording import spoken_list, spoken_time

Effect = Literal["looser", "shorter", "other"]
"""
looser   less has to be proven, or harm is seen later or less surely
shorter  what has to be proven stays, and less time or fewer parts of it have to be seen
other    stricter, or nothing that a proof depends on
"""
Less = Callable[[Policy, Policy], bool]
"""Whether the second of two policies asks for less than the first."""


class Departure(Value):
    """One value that a gate has otherwise than its phase."""

    field: str
    usual: str
    chosen: str
    effect: Effect

    @property
    def sentence(self) -> str:
        return f"{self.field.replace('_', ' ')} {self.chosen} instead of {self.usual}"


def departures(usual: Policy, chosen: Policy) -> tuple[Departure, ...]:
    """Every value in which `chosen` differs, in the order of the policy."""
    return tuple(
        Departure(field=field, usual=spoken(there), chosen=spoken(here), effect=_effect(field, usual, chosen))
        for field in Policy.model_fields
        if (there := getattr(usual, field)) != (here := getattr(chosen, field))
    )


def _effect(field: str, usual: Policy, chosen: Policy) -> Effect:
    if field in LOOSER and LOOSER[field](usual, chosen):
        return "looser"
    return "shorter" if field in SHORTER and SHORTER[field](usual, chosen) else "other"


def _above(field: str) -> Less:
    return lambda usual, chosen: getattr(chosen, field) > getattr(usual, field)


def _below(field: str) -> Less:
    return lambda usual, chosen: getattr(chosen, field) < getattr(usual, field)


def _fewer(field: str) -> Less:
    return lambda usual, chosen: not set(getattr(usual, field)) <= set(getattr(chosen, field))


def _lower_fields(usual: Policy, chosen: Policy) -> bool:
    shares = {(rule.role, rule.field): rule.share for rule in chosen.fields}
    return any(shares.get((rule.role, rule.field), 0) < rule.share for rule in usual.fields)


def _coarser(usual: Policy, chosen: Policy) -> bool:
    share = usual.buckets_needed / usual.buckets
    return chosen.buckets < usual.buckets or chosen.buckets_needed / chosen.buckets < share


LOOSER: Mapping[str, Less] = {
    **{field: _above(field) for field in (
        "alpha", "failure_limit", "quality_margin", "latency_limit", "latency_claim", "cost_limit", "blind_after",
        "extensions", "drill_within", "baseline_within",
    )},
    **{field: _below(field) for field in (
        "harm_alpha", "good_score", "good_share", "quality_pairs", "ratio_pairs", "icc", "assignment_alpha", "approvers",
        "claim_required",
    )},
    "demands": _fewer("demands"),
    "watched": _fewer("watched"),
    "fields": _lower_fields,
    "invariants": lambda usual, chosen: chosen.invariants == "rate",
    # What one role is watched with is taken from the others, and a step of a canary is met by users: no way is safe.
    "changed_share": lambda usual, chosen: True,
    "canary": lambda usual, chosen: True,
}  # fmt: skip
SHORTER: Mapping[str, Less] = {
    **{field: _below(field) for field in ("window", "buckets_needed", "calls_per_bucket")},
    "buckets": _coarser,
}
FREE = frozenset({"failures_allowed", "bad_allowed", "mirror", "approval_within", "remind_after", "held_within"})
"""What no proof depends on: how many calls are planned for, how many are made, how long people have."""


def spoken(value: Any) -> str:
    """A value of a policy as people read it."""
    match value:
        case timedelta():
            return spoken_time(value)
        case FieldRule():
            return f"{value.field} {value.share:g}"
        case tuple() if value and isinstance(value[0], tuple):
            return spoken_list([f"{share:g} for {calls} calls" for share, calls in value])
        case tuple():
            return spoken_list([spoken(one) for one in value]) or "nothing"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
