"""Turns as hypothesis makes them: printable, in any script, never shaped like a line of another kind."""

from hypothesis import strategies as st

from tasks.transcripts.transcript import Turn

_WORDS = st.text(st.characters(categories=["L", "Nd", "P", "S"], exclude_characters=":[]<>{}"), min_size=1, max_size=12)
_NAME_WORDS = st.text(st.characters(categories=["L"]), min_size=1, max_size=12)

TURNS = st.builds(
    Turn,
    timestamp=st.integers(0, 359_999).map(lambda t: f"{t // 3600:02d}:{t // 60 % 60:02d}:{t % 60:02d}"),
    speaker=st.lists(_NAME_WORDS, min_size=1, max_size=4).map(" ".join),
    text=st.lists(_WORDS, min_size=1, max_size=30).map(" ".join),
)
TURN_LISTS = st.lists(TURNS, min_size=1, max_size=12)
