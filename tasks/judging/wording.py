"""Numbers in proof sentences. Bounds are rounded away from what they prove, so that a sentence never claims too much."""

from datetime import timedelta
from math import ceil, floor, log10


def percent(share: float, digits: int = 3) -> str:
    """`0.0125` -> "1.25 %", to the given number of significant digits."""
    return f"{float(f'{100 * share:.{digits}g}'):g} %"


def percent_below(bound: float, limit: float) -> str:
    """An upper bound rounded up, with as many digits as it takes not to look like the limit it stays below."""
    roundings = (_rounded(100 * bound, digits, up=True) for digits in range(2, 10))
    honest = (rounded for rounded in roundings if bound >= limit or rounded < 100 * limit)
    return f"{next(honest, 100 * bound):.10g} %"


def percent_above(bound: float, limit: float) -> str:
    """A lower bound rounded down, with as many digits as it takes not to look like the limit it stays above."""
    roundings = (_rounded(100 * bound, digits, up=False) for digits in range(2, 10))
    honest = (rounded for rounded in roundings if bound <= limit or rounded > 100 * limit)
    return f"{next(honest, 100 * bound):.10g} %"


def at_most(bound: float, limit: float, decimals: int, sign: str = "") -> str:
    """An upper bound in plain decimals, rounded up like `percent_below`; `sign="+"` shows the sign."""
    texts = (f"{ceil(bound * 10**d - 1e-9) / 10**d:{sign}.{d}f}" for d in range(decimals, 9))
    return next((text for text in texts if bound >= limit or float(text) < limit), f"{bound:{sign}.9f}")


def at_least(bound: float, limit: float, decimals: int, sign: str = "") -> str:
    """A lower bound in plain decimals, rounded down like `percent_above`."""
    texts = (f"{floor(bound * 10**d + 1e-9) / 10**d:{sign}.{d}f}" for d in range(decimals, 9))
    return next((text for text in texts if bound <= limit or float(text) > limit), f"{bound:{sign}.9f}")


def many(number: float, singular: str, plural: str | None = None) -> str:
    """`1, "failure"` -> "1 failure"; `1049, "call"` -> "1,049 calls"."""
    return f"{amount(number)} {singular if number == 1 else plural or singular + 's'}"


def amount(number: float) -> str:
    """Thousands separated; a fractional count with one decimal."""
    return f"{number:,.1f}".removesuffix(".0")


def signed(number: float) -> str:
    return f"{number:+.2f}"


def spoken_list(parts: list[str]) -> str:
    """ "a, b and c"."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def spoken_time(span: timedelta) -> str:
    """In the largest unit of which there are two or more: "3.2 hours", "45 minutes", "20 seconds"."""
    seconds = span.total_seconds()
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def _rounded(value: float, digits: int, *, up: bool) -> float:
    if value <= 0:
        return 0.0
    scale = 10.0 ** (digits - 1 - floor(log10(value)))
    # 1e-9 keeps 0.3 from becoming 0.31 for the last bit of a float.
    return (ceil(value * scale - 1e-9) if up else floor(value * scale + 1e-9)) / scale
