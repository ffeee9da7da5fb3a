"""The time zone the people in a call speak in."""

import re

import phonenumbers
from phonenumbers import timezone as phone_zones

from tasks.transcripts.normalise.states import zone_of_state

_SPOKEN = {
    "America/New_York": r"eastern|EST|EDT|ET",
    "America/Chicago": r"central|CST|CDT|CT",
    "America/Denver": r"mountain|MST|MDT|MT",
    "America/Los_Angeles": r"pacific|PST|PDT|PT",
}
# "Central" alone is a bank or a station; behind a time of day it is a zone.
_TIME = r"(?:\d|o'clock|noon|[ap]\.?m\.?|morning|afternoon|evening|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirty|fifteen)"
_PATTERNS = {
    zone: re.compile(rf"(?:{_TIME}[\s,]+(?:{words})\b|\b(?:{words})\s+(?:standard |daylight )?time\b)", re.IGNORECASE)
    for zone, words in _SPOKEN.items()
}


def spoken_zone(text: str) -> str | None:
    """IANA name of the one US zone named with a time of day, or None."""
    found = {zone for zone, pattern in _PATTERNS.items() if pattern.search(text)}
    return found.pop() if len(found) == 1 else None


def zone_of_phone(e164: str | None) -> str | None:
    """Zone of the area code where that is one zone; freephone numbers have none."""
    if not e164:
        return None
    try:
        zones = phone_zones.time_zones_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return None
    return zones[0] if len(zones) == 1 and "/" in zones[0] and not zones[0].startswith("Etc") else None


def meeting_zone(spoken: str, state: str | None, phone: str | None) -> str | None:
    """What was said with a time of day, else the client's state, else their area code."""
    return spoken_zone(spoken) or zone_of_state(state) or zone_of_phone(phone)
