"""Letters of every script: what belongs to a word, and words made comparable."""

import unicodedata

_ACCENTS = range(0x300, 0x370)
"""Combining marks of Latin, Greek and Cyrillic. In other scripts a mark is a vowel or a consonant of its own."""


def is_letter(char: str) -> bool:
    """Letters and the marks on them: a name in Devanagari or Thai cannot be written without its marks."""
    return unicodedata.category(char)[0] in "LM"


def fold(text: str) -> str:
    """Equal for texts that differ in case, width or accents only: NFKC (Unicode Annex 15), casefold, no accents."""
    spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(char for char in spread if ord(char) not in _ACCENTS)).casefold()


def plain(text: str) -> str:
    """Folded words of letters and digits with single blanks between them; "" when there are none."""
    return " ".join("".join(char if is_letter(char) or char.isalnum() else " " for char in fold(text)).split())
