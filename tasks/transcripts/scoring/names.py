"""Comparing the people of a record with the people of the gold."""

from collections.abc import Callable

from tasks.transcripts.normalise.persons import plain_name
from tasks.transcripts.scoring.gold import Gold

NEAR_NAME = 0.92


def client_matches(expected: str, predicted: list[str], gold: Gold) -> bool:
    """Set equality of persons, nicknames of the gold counted as the person.

    A record holds the whole household, so the spouse the gold names elsewhere may be in it.
    """
    wanted = {plain_name(person) for person in gold.client_names or (expected,)}
    given = {_canonical(person, gold) for person in predicted}
    return wanted == (given - _spouses(gold)) | (wanted & given)


def spouse_matches(expected: str, predicted: str, gold: Gold) -> bool:
    """One of the accepted names; of a couple either may be the contact and the other the spouse."""
    couple = {plain_name(person) for person in gold.client_names} if len(gold.client_names) > 1 else set()
    return _canonical(predicted, gold) in _spouses(gold) | couple


def near_names(similarity: Callable[[str, str], float]) -> Callable[[str, list[str], Gold], bool]:
    """Every expected person has somebody with nearly the name."""

    def near(expected: str, predicted: list[str], gold: Gold) -> bool:
        given = [_canonical(person, gold) for person in predicted]
        return bool(given) and all(
            max(similarity(plain_name(person), name) for name in given) >= NEAR_NAME
            for person in gold.client_names or (expected,)
        )

    return near


def _spouses(gold: Gold) -> set[str]:
    """Accepted names, a lone first name also with a client's surname."""
    names = gold.spouse_name_accept or ((gold.spouse_name,) if gold.spouse_name else ())
    surnames = {plain_name(person).split()[-1] for person in gold.client_names if plain_name(person)}
    plain = {plain_name(name) for name in names}
    return plain | {f"{name} {surname}" for name in plain if " " not in name for surname in surnames}


def _canonical(person: str, gold: Gold) -> str:
    plain = plain_name(person)
    for name, aliases in gold.client_name_aliases.items():
        if plain in {plain_name(alias) for alias in aliases}:
            return plain_name(name)
    return plain
