"""E-mail addresses, written or spelled out: "t e d dot lindqvist eighty-eight at northwoods piano dot example"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import JaroWinkler

from tasks.transcripts.normalise.absent import stated
from tasks.transcripts.normalise.numbers import NUMBER_WORDS, digits_of

_WRITTEN = re.compile(r"(?<![\w.+-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_SENTENCE = re.compile(r"[^.?!;:\n]+(?:\.(?=\w)[^.?!;:\n]+)*")
_AS_IN = re.compile(r"\b([a-z])\s+(?:as in|for|like)\s+[a-z]+\b")
# Said around an address, not part of it.
_ASIDE = re.compile(
    r"\ball (?:one word|lower ?case|together|small)\b|\bno (?:spaces?|dash(?:es)?|dots?|hyphens?)(?: in (?:it|there))?\b"
    r"|\b(?:and )?right (?:behind|after) that\b|\bthe (?:number|numbers|digits|word|letter|letters|last name|first name)\b"
    r"|\blike the \w+\b|\bthen\b|\band\b|\bcapital\b|\blower ?case\b"
)
# Where a sentence ends and an address begins.
_LEAD_IN = frozenset([
    "is", "its", "it's", "that's", "thats", "address", "email", "mail", "e-mail", "me", "us", "at", "use", "to",
    "say", "so", "yes", "okay", "ok", "reach", "you", "my", "the", "our", "your", "look", "go", "visit",
    "write", "send", "just", "sure", "it", "this", "them", "was", "one",
])  # fmt: skip
_ARTICLES = frozenset(["the", "a", "an", "my", "our", "your"])
_SIGNS = {
    "dot": ".",
    "point": ".",
    "period": ".",
    "underscore": "_",
    "dash": "-",
    "hyphen": "-",
    "minus": "-",
    "plus": "+",
}
_MOST_WORDS = 3


class Email(NamedTuple):
    start: int
    end: int
    address: str


def valid_email(text: str) -> str | None:
    """An address by syntax alone, in lower case: `mailto:`, brackets and closing punctuation are taken off."""
    text = text.strip().strip("<>()[]\"'.,;: ").removeprefix("mailto:").removeprefix("MAILTO:")
    if len(text) > 254:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def find_emails(text: str) -> list[Email]:
    """Every address in `text`, by place."""
    written = (Email(match.start(), match.end(), match[0]) for match in _WRITTEN.finditer(text))
    found = [Email(start, end, email) for start, end, raw in written if (email := valid_email(raw))]
    for sentence in _SENTENCE.finditer(text):
        found += [Email(sentence.start(), sentence.end(), email) for email in _spelled(sentence[0])]
    return sorted(found)


def parse_email(text: str | None) -> str | None:
    """The one address in `text`, or None."""
    text = stated(text)
    if text is None:
        return None
    addresses = {email.address for email in find_emails(text)}
    return addresses.pop() if len(addresses) == 1 else None


def _spelled(sentence: str) -> Iterator[str]:
    lower = sentence.lower()
    if " at " not in f" {lower}" or "dot" not in lower or len(lower) > 2_000:
        return
    plain = _ASIDE.sub(" ", _AS_IN.sub(r"\1", lower))
    words = re.findall(r"[a-z0-9_+.'-]+", plain)
    for place in (index for index, word in enumerate(words) if word == "at"):
        local, domain = _local(words[:place]), _domain(words[place + 1 :])
        if local and domain and (email := valid_email(f"{local}@{domain}")):
            yield email


def _local(words: list[str]) -> str | None:
    start = max((index + 1 for index, word in enumerate(words) if word in _LEAD_IN), default=0)
    return _joined(words[start:])


def _domain(words: list[str]) -> str | None:
    """Words up to the last dot and the one word behind it."""
    dots = [index for index, word in enumerate(words) if word == "dot"]
    if not dots or dots[0] == 0 or dots[-1] + 1 >= len(words):
        return None
    if words[0] in _ARTICLES:  # "the house at the lake dot com" is a place
        return None
    return _joined(words[: dots[-1] + 2])


def _joined(words: list[str]) -> str | None:
    """Letters, words, digits and signs made one; None when it reads like a sentence."""
    parts: list[str] = []
    plain = 0
    for kind, group in _groups(words):
        if kind == "letters":
            spelled = "".join(group)
            del parts[_repeated(parts, spelled) :]
            parts.append(spelled)
        elif kind == "digits":
            digits = digits_of([part for word in group for part in word.split("-")])
            if digits is None:
                return None
            parts.append(digits)
        elif kind == "sign":
            parts += [_SIGNS[word] for word in group]
            plain = 0
        else:
            plain += len(group)
            parts += group
        if plain > _MOST_WORDS:
            return None
    return "".join(parts) or None


def _repeated(parts: list[str], spelled: str) -> int:
    """Where a spelling takes up a word again, as in "Lindqvist, L I N D Q V I S T"; it is the better of the two."""
    near = (at for at, part in enumerate(parts) if len(spelled) > 2 and JaroWinkler.similarity(part, spelled) > 0.85)
    return next(near, len(parts))


def _groups(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    groups: list[tuple[str, list[str]]] = []
    for word in words:
        kind = _kind(word)
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(word)
        else:
            groups.append((kind, [word]))
    yield from groups


def _kind(word: str) -> str:
    if word in _SIGNS:
        return "sign"
    if len(word) == 1 and word.isalpha():
        return "letters"
    if word.isdigit() or word == "oh" or NUMBER_WORDS.issuperset(word.split("-")):
        return "digits"
    return "word"
