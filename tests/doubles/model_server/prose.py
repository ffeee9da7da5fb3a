"""Readable English-like text from a fixed list of words.

It never looks like a placeholder ("TBD", "[name]", "N/A") and holds no quotation marks, so a test that finds such
things in an answer knows they were put there on purpose.
"""

from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ADJECTIVES = _words(
    "calm steady weekly honest patient early quiet local modern practical seasoned busy careful clear direct frugal "
    "gentle hopeful large loyal mature narrow open plain recent sensible simple small sober stable tidy warm"
)
NOUNS = _words(
    "owners clinics teams numbers budgets margins buyers mentors studios growers bakers coaches doctors drivers "
    "editors farmers founders guides leaders makers managers painters partners planners sailors sellers teachers "
    "traders tutors vendors writers habits routines forecasts invoices meetings letters markets orchards harbours"
)
VERBS = _words(
    "compare review protect measure explain question rebuild notice prefer deliver improve schedule share simplify "
    "support trust welcome repair record price plan name learn gather follow defend choose build answer adjust"
)
LINKS = _words("before after beside during within across behind around without despite among under toward")

WORDS = (*ADJECTIVES, *NOUNS, *VERBS, *LINKS)


def sentence(random: Random) -> str:
    """One sentence of six to ten words, capital first, full stop last."""
    words = [random.choice(ADJECTIVES), random.choice(NOUNS), random.choice(VERBS), random.choice(ADJECTIVES)]
    words += [random.choice(NOUNS), random.choice(LINKS), random.choice(ADJECTIVES), random.choice(NOUNS)]
    return " ".join(words).capitalize() + "."


def title(random: Random) -> str:
    """Two or three words, each with a capital: the name of a thing."""
    words = [random.choice(ADJECTIVES), random.choice(NOUNS), *random.sample(LINKS, random.randint(0, 1))]
    return " ".join(words).title()


def text_between(random: Random, shortest: int, longest: int) -> str:
    """Text whose length in characters is within both bounds, cut at a word where that is possible."""
    aim = random.randint(shortest, longest)
    text = title(random) if aim < 30 else ""
    text = text if len(text) >= aim else sentence(random)
    while len(text) < aim:
        text += " " + sentence(random)
    return text if len(text) <= longest else _cut(text, shortest, longest, random)


def _cut(text: str, shortest: int, longest: int, random: Random) -> str:
    at_word = text[: longest + 1].rpartition(" ")[0].rstrip(" .")
    if len(at_word) >= max(1, shortest):
        return at_word
    # A single word does not fit either: letters do, at the price of readability.
    cut = text[:longest]
    return cut.rstrip(" ") + random.choice("aeiou") * (len(cut) - len(cut.rstrip(" ")))


def article(random: Random, characters: int) -> str:
    """Paragraphs of about that many characters in all, never more."""
    sentences: list[str] = []
    length = 0
    while True:
        gap = "\n\n" if sentences and len(sentences) % 6 == 0 else " " if sentences else ""
        piece = gap + sentence(random)
        if length + len(piece) > characters:
            return "".join(sentences) or sentence(random)[: max(characters, 1)]
        sentences.append(piece)
        length += len(piece)
