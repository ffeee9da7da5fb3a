"""How the error budget of the harm watch is divided over stages and metrics.

"Any harm rolls back" is a union of tests: 13 stages and 3 metrics at 5 % each would cry wolf in most windows. The budget of the
whole gate is divided (Bonferroni; sharp enough for e-processes, whose errors are rare and late), most of it to the
stages the phase changes, because that is where harm is expected.
"""

from collections.abc import Sequence


def divide_alpha(
    alpha: float, changed: Sequence[str], others: Sequence[str], tests: int, changed_share: float = 0.8
) -> dict[str, float]:
    """Role -> alpha of each of its `tests` tests. A side without roles leaves its share to the other side.

    Nothing is divided where there is no test.
    """
    if not tests:
        return {}
    share = changed_share if changed and others else float(bool(changed))
    return {role: alpha * share / (len(changed) * tests) for role in changed} | {
        role: alpha * (1 - share) / (len(others) * tests) for role in others
    }
