"""US states by name or postal code, and the time zone of those that have one."""

import re

from tasks.transcripts.normalise.absent import stated

CODES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

_ZONES = {
    "America/New_York": "CT DE DC GA ME MD MA NH NJ NY NC OH PA RI SC VT VA WV",
    "America/Chicago": "AL AR IL IA LA MN MS MO OK WI",
    "America/Denver": "CO MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV WA",
    "Pacific/Honolulu": "HI",
}
"""States on one zone but for a border town or two; Florida, Texas, Indiana and the like are on two and are left out."""

_ZONE_OF = {CODES[code]: zone for zone, codes in _ZONES.items() for code in codes.split()}
# Longest first: "West Virginia" is not Virginia.
_NAME = re.compile(r"\b(?:" + "|".join(sorted(CODES.values(), key=len, reverse=True)) + r")\b", re.IGNORECASE)
_CODE = re.compile(rf"(?:^|,\s*)({'|'.join(CODES)})\.?(?=$|[\s,]\s*\d{{5}}|\s*[,;)])")
_BY_NAME = {name.lower(): name for name in CODES.values()}


def find_states(text: str) -> list[str]:
    """Full names of the states named in `text`, by place, once each. Codes count after a comma or alone: "OR" is a word."""
    found = [(match.start(), _BY_NAME[match[0].lower()]) for match in _NAME.finditer(text)]
    found += [(match.start(), CODES[match[1]]) for match in _CODE.finditer(text)]
    return list(dict.fromkeys(name for _, name in sorted(found)))


def parse_state(text: str | None) -> str | None:
    text = stated(text)
    if text is None:
        return None
    if len(text) == 2:
        return CODES.get(text.upper())
    found = find_states(text)
    return found[0] if len(found) == 1 else None


def zone_of_state(state: str | None) -> str | None:
    """IANA name, or None for a state on two zones."""
    return _ZONE_OF.get(state or "")
