"""Parts of earlier outputs by path, and how a prompt shows them."""

import pytest

from flows.generator.excerpt import cut, excerpt, render

BODY = {
    "name": "Maren",
    "fears": [{"quote": "one two three", "level": 9}, {"quote": "four", "level": 7}, {"quote": "five", "level": 5}],
    "day": {"morning": "coffee", "moments": ["dark kitchen", "price list"]},
    "note": None,
}


def test_a_path_keeps_the_nesting_it_has() -> None:
    assert excerpt(BODY, ["day.morning"]) == {"day": {"morning": "coffee"}}


def test_a_list_is_mapped_over() -> None:
    assert excerpt(BODY, ["fears.level"]) == {"fears": [{"level": 9}, {"level": 7}, {"level": 5}]}


@pytest.mark.parametrize(
    ("path", "levels"),
    [("fears[:2]", [9, 7]), ("fears[1]", [7]), ("fears[-1]", [5]), ("fears[1:]", [7, 5]), ("fears[7]", [])],
)
def test_a_list_is_cut_by_index_or_slice(path: str, levels: list[int]) -> None:
    assert excerpt(BODY, [path + ".level"]) == {"fears": [{"level": level} for level in levels]}


def test_paths_into_the_same_items_come_together() -> None:
    assert excerpt(BODY, ["fears[:1].quote", "fears[:1].level"]) == {"fears": [BODY["fears"][0]]}  # type: ignore[index]


def test_a_later_path_wins_over_a_cut_before_it() -> None:
    assert excerpt(BODY, ["fears[:1].quote@8", "fears[:1].quote"])["fears"] == [{"quote": "one two three"}]


def test_a_limit_cuts_every_text_under_it_at_a_words_end() -> None:
    assert excerpt(BODY, ["day@8"]) == {"day": {"morning": "coffee", "moments": ["dark…", "price…"]}}


def test_a_text_without_blanks_is_cut_inside_the_word() -> None:
    assert cut("unbreakable", 5) == "unbr…"


def test_everything_is_a_star() -> None:
    assert excerpt(BODY, ["*"]) == BODY


@pytest.mark.parametrize("path", ["nmae", "day.evening", "name.first", "fears.depth", "note.x", "day.mor-ning"])
def test_a_path_that_is_not_there_is_an_error(path: str) -> None:
    with pytest.raises(KeyError, match="no field"):
        excerpt(BODY, [path])


def test_a_prompt_shows_names_in_words_and_nesting_by_indentation() -> None:
    shown = render({"best_for": "owners", "day": {"moments": ["dark", "late"]}, "fears": [{"quote": "no", "level": 9}]})
    assert shown == "best for: owners\nday:\n  moments: dark; late\nfears:\n  - quote: no\n    level: 9"


def test_a_prompt_leaves_out_what_is_not_stated_but_shows_no_and_nought() -> None:
    assert render([{"a": 1}, "late", True]) == "- a: 1\n- late\n- yes"
    assert render({"a": None, "b": "", "c": [], "d": {}, "proof": False, "count": 0}) == "proof: no\ncount: 0"
