"""Names compared in every script: a household's key must be neither empty nor another household's."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.transcripts.normalise.letters import plain
from tasks.transcripts.normalise.persons import same_person
from tasks.transcripts.record import Client, Objection

LATIN = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .'-&éèüñÅçÉÖ")


@given(LATIN)
def test_keys_of_latin_names_are_words_of_ascii(name: str) -> None:
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()

    assert plain(name) == re.sub(r"[^a-z0-9]+", " ", ascii_only).strip()


@pytest.mark.parametrize(
    "names",
    [
        ("मीना शर्मा", "मन शरम"),
        ("李雷", "韩梅梅"),
        ("Ян", "Яна"),
        ("สมชาย", "สมหญิง"),
        ("ガク", "カク"),
        ("Søren", "Sren"),
    ],
)
def test_different_names_have_different_keys(names: tuple[str, str]) -> None:
    keys = {Client(persons=[name]).key for name in names}

    assert None not in keys
    assert len(keys) == 2
    assert not same_person(*names)


@pytest.mark.parametrize(
    "names", [("STRASSE", "Straße"), ("ＡＮＮ Lee", "Ann  lee"), ("Γιώργος", "ΓΙΩΡΓΟΣ"), ("José", "Jose\u0301")]
)
def test_one_name_written_differently_is_one_key(names: tuple[str, str]) -> None:
    assert len({Client(persons=[name]).key for name in names}) == 1


def test_objections_in_another_script_are_told_apart() -> None:
    ids = {Objection(category="Price", text=text).id_in("1") for text in ("太贵了", "我要想一想")}

    assert len(ids) == 2


@given(st.text())
def test_a_plain_text_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
