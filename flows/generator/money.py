"""Amounts of money in a text: "$45,000-$60,000 over four years" names 45,000 and 60,000, not four."""

import re

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)\s*(k|m|thousand|million)?\b"
_AMOUNT = re.compile(rf"[$€£]\s?{_NUMBER}(?:\s*(?:-|–|—|to)\s*[$€£]?\s?{_NUMBER})?", re.IGNORECASE)
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6}


def amounts(text: str) -> list[float]:
    """Amounts with a currency sign, in order; of a range both ends, whose unit may stand at the second end only."""
    found: list[float] = []
    for low, low_unit, high, high_unit in _AMOUNT.findall(text):
        shared = high_unit if high and _value(low, "") < _value(high, "") else ""
        found.append(_value(low, low_unit or shared))
        if high:
            found.append(_value(high, high_unit))
    return found


def _value(number: str, unit: str) -> float:
    return float(number.replace(",", "")) * _SCALE.get(unit.lower(), 1)
