"""Windows of whole turns over the entire transcript, each small enough for a model's prompt."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from blocks.errors import PromptTooLongError
from tasks.answering.tokens import estimate_tokens
from tasks.transcripts.transcript import Turn

Estimate = Callable[[str], int]
"""How many tokens a text is for the model in question."""


@dataclass(frozen=True)
class Piece:
    """A turn, or one part of a turn that is too long for any window."""

    turn: int
    """Index of the turn in the transcript."""
    timestamp: str
    speaker: str | None
    text: str
    offset: int = 0
    """Where `text` starts in the turn's text."""
    part: int = 1
    parts: int = 1

    @property
    def line(self) -> str:
        label = f" (part {self.part} of {self.parts})" if self.parts > 1 else ""
        name = f"{self.speaker or 'unknown'}{label}: " if self.speaker or label else ""
        return f"[{self.timestamp}] {name}{self.text.strip()}"


@dataclass(frozen=True)
class Window:
    index: int
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "\n".join(piece.line for piece in self.pieces)


def windows(turns: Sequence[Turn], budget: int, estimate: Estimate = estimate_tokens) -> tuple[Window, ...]:
    """All turns in order, each in exactly one window of at most `budget` tokens.

    A turn longer than the budget is split at blanks into marked parts that together are the turn. Raises
    PromptTooLongError when not even one character fits beside the speaker's name.
    """
    packed: list[list[Piece]] = []
    room = 0
    for index, turn in enumerate(turns):
        for piece in _pieces(index, turn, budget, estimate):
            cost = estimate(piece.line + "\n")
            if not packed or cost > room:
                packed.append([])
                room = budget
            packed[-1].append(piece)
            room -= cost
    return tuple(Window(index, tuple(pieces)) for index, pieces in enumerate(packed))


def _pieces(index: int, turn: Turn, budget: int, estimate: Estimate) -> list[Piece]:
    whole = Piece(index, turn.timestamp, turn.speaker, turn.text)
    if estimate(whole.line + "\n") <= budget:
        return [whole]
    cuts = list(_cuts(whole, budget, estimate))
    return [
        Piece(index, turn.timestamp, turn.speaker, turn.text[start:end], start, part, len(cuts))
        for part, (start, end) in enumerate(cuts, start=1)
    ]


def _cuts(whole: Piece, budget: int, estimate: Estimate) -> Iterator[tuple[int, int]]:
    start, length = 0, len(whole.text)
    while start < length:
        end = start + _fitting(whole, start, budget, estimate)
        blank = whole.text.rfind(" ", start + (end - start) // 2, end)
        if end < length and blank > 0:
            end = blank + 1
        yield start, end
        start = end


def _fitting(whole: Piece, start: int, budget: int, estimate: Estimate) -> int:
    """The most characters from `start` that fit, by bisection."""

    def fits(count: int) -> bool:
        # The label is measured at its longest: how many parts there will be is not known yet.
        text = whole.text[start : start + count]
        piece = Piece(whole.turn, whole.timestamp, whole.speaker, text, part=999_999, parts=999_999)
        return estimate(piece.line + "\n") <= budget

    # Eight characters to a token is more than any tokenizer makes of speech; it keeps one huge word cheap.
    low, high = 0, min(len(whole.text) - start, 8 * budget)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    if low == 0:
        raise PromptTooLongError(
            f"A window of {budget} tokens cannot hold a word of {whole.speaker or 'a speaker'} at {whole.timestamp}.",
            means="No agent could see this turn.",
            do="Give the model a larger context window in its block, or ask for a shorter answer.",
        )
    return low
