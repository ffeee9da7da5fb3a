"""Structuring: which phase of a sales call begins when."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, create_model

from flows.answers import Answer, Problem, warning
from flows.transcripts.agent import Agent, Stretch, WindowPart, said
from tasks.transcripts.windows import Window

PhaseName = Literal[
    "greeting", "introduction", "client's motivation for the meeting", "agenda", "about us", "client's goals",
    "client's estate details", "compare will versus trust", "revocable living trust structure",
    "additional estate planning documents", "our additional benefits", "comparing price", "closing",
    "objection/rebuttal", "price negotiation", "scheduling client meeting", "collecting money", "ending meeting",
]  # fmt: skip
PHASES: tuple[PhaseName, ...] = get_args(PhaseName)


class Phase(Answer):
    phase: PhaseName
    """Which phase it is."""
    starts_at: str = Field(pattern=r"^[0-9]{2}:[0-9]{2}:[0-9]{2}$")
    """Time of the turn with which it begins, copied from the transcript."""


class Phases(Answer):
    phases: list[Phase] = Field(max_length=18)
    """The phases of this part of the call in the order of their beginning; none that does not occur."""


def _answer(stretch: Stretch) -> type[Answer]:
    """For a model that cannot be trusted to copy a time, the times of the window are the only ones there are."""
    if not stretch.picks:
        return Phases
    times = tuple(dict.fromkeys(piece.timestamp for piece in stretch.window.pieces))
    time: Any = Literal[times]
    picked = create_model("PickedPhase", __base__=Answer, phase=(PhaseName, ...), starts_at=(time, ...))
    phases: Any = Annotated[list[picked], Field(min_length=1, max_length=3)]
    return create_model("PickedPhases", __base__=Answer, phases=(phases, ...))


def _check(answer: Any, stretch: Stretch) -> Sequence[Problem]:
    known = _times(stretch.window)
    return [
        warning(f"phases[{index}].starts_at", f"no turn begins at {phase.starts_at}")
        for index, phase in enumerate(answer.phases)
        if phase.starts_at not in known
    ]


def _times(window: Window) -> set[str]:
    return {piece.timestamp for piece in window.pieces}


def unite(answers: Iterable[tuple[Window, Any]]) -> list[dict[str, str]]:
    """The phases of the whole call by time; times nobody spoke at are left out, a phase that goes on counts once."""
    found = sorted(
        {
            (phase.starts_at, PHASES.index(phase.phase))
            for window, answer in answers
            for phase in answer.phases
            if phase.starts_at in _times(window)
        }
    )
    united: list[dict[str, str]] = []
    for start, number in found:
        if not united or united[-1]["phase"] != PHASES[number]:
            united.append({"phase": PHASES[number], "start_timestamp": start})
    return united


AGENT = Agent(
    key="structuring",
    name="Structuring",
    writes=("phases",),
    window=WindowPart(
        answer=_answer,
        task=said(
            "Divide this part of the call into the phases of a sales conversation. Name each phase that occurs here and "
            "the time of the turn it begins with. A phase may come back later in the call."
        ),
        max_tokens=900,
        check=_check,
    ),
)
