"""The statistics worked out another way, slower or exactly: what the watch and the verdict are held against."""

from collections.abc import Iterator, Sequence
from math import log, sqrt
from random import Random

from tasks.judging.distributions import normal_cdf, normal_quantile
from tasks.judging.harm import log_e
from tasks.judging.moments import Moments
from tasks.judging.pairs import Bounds
from tasks.judging.shares import log_e_share


def failures_to_alarm(calls: int, limit: float, alpha: float) -> int | None:
    """The fewest failures among `calls` that raise the alarm; None when even `calls` failures do not."""
    return next((k for k in range(calls + 1) if log_e(k, calls, limit) >= -log(alpha)), None)


def alarm_chances(rate: float, calls: int, limit: float, alpha: float) -> Iterator[float]:
    """For 1, 2, ... `calls` calls: the exact chance that the alarm has sounded by then, if calls fail at `rate`.

    A walk over the number of failures with the alarm as an absorbing wall. Gives the false alarms of a sound
    model, the power against a bad one and the median calls to the alarm, without simulation.
    """
    alive, wall = {0: 1.0}, 0
    for n in range(1, calls + 1):
        moved: dict[int, float] = {}
        for k, chance in alive.items():
            moved[k] = moved.get(k, 0.0) + chance * (1 - rate)
            moved[k + 1] = moved.get(k + 1, 0.0) + chance * rate
        # The wall never moves down as calls are added, so the search continues from where it was.
        while wall <= n and log_e(wall, n, limit) < -log(alpha):
            wall += 1
        alive = {k: chance for k, chance in moved.items() if k < wall}
        yield 1 - sum(alive.values())


def events_to_alarm(other: int, share: float, alpha: float) -> int:
    """The fewest candidate events that raise the alarm beside `other` other events."""
    candidate = 0
    while log_e_share(candidate, other, share) < -log(alpha):
        candidate += 1
    return candidate


def bca_bounds(differences: Sequence[float], alpha: float, chance: Random, resamples: int = 2000) -> Bounds:
    """Bias-corrected and accelerated bootstrap (Efron 1987) of the mean; `chance` makes it repeatable."""
    n, moments = len(differences), Moments.of(differences)
    if moments.constant:
        return Bounds(moments.mean, moments.mean)
    means = sorted(sum(chance.choices(differences, k=n)) / n for _ in range(resamples))
    # Half of the ties, and never all or none: lumpy scores give many equal means.
    below = sum(mean < moments.mean for mean in means) + 0.5 * sum(mean == moments.mean for mean in means)
    bias = normal_quantile(min(max(below, 0.5), resamples - 0.5) / resamples)
    acceleration = moments.m3 / (6 * moments.m2 * sqrt(moments.m2))

    def at(z: float) -> float:
        w = bias + z
        return means[min(resamples - 1, int(resamples * normal_cdf(bias + w / (1 - acceleration * w))))]

    return Bounds(at(normal_quantile(alpha)), at(normal_quantile(1 - alpha)))
