"""Two models on three transcripts, one of them sloppy."""

import random
from typing import get_args

from tasks.transcripts.scoring.drafts import DraftCheck
from tasks.transcripts.scoring.quality import ModelScore
from tasks.transcripts.scoring.rules import KEY_FIELDS
from tasks.transcripts.scoring.verdicts import Cell, Condition, ListScore, StepDetails, TranscriptScore

FIELDS = (*KEY_FIELDS, "outcome", "next_meeting", "children_count")


def scores(sloppy: str = "mistral-7b (production)", said: str = "250") -> list[ModelScore]:
    models = {"deepseek-coder-6-7b (preview)": 0.05, sloppy: 0.4}
    return [
        ModelScore(model, condition, tuple(_transcript(n, condition, wrong, said) for n in range(3)), 0.9)
        for model, wrong in models.items()
        for condition in get_args(Condition)
    ]


def _transcript(number: int, condition: Condition, wrong: float, said: str) -> TranscriptScore:
    chance = random.Random(f"{number} {condition} {wrong}")
    cells = tuple(_cell(f"call-{number}", condition, field, chance, wrong, said) for field in FIELDS)
    listed = ListScore(f"call-{number}", condition, "next_steps", 2, 3, 3)
    drafted = DraftCheck(name="follow-up e-mail: name", passed=number != 1, found=said)
    return TranscriptScore(f"call-{number}", condition, cells, (listed,), StepDetails(2, 2, 1, 1), (drafted,))


def _cell(transcript: str, condition: Condition, field: str, chance: random.Random, wrong: float, said: str) -> Cell:
    group = "key" if field in KEY_FIELDS else "scalar"
    bad = chance.random() < wrong
    verdict = chance.choice(["wrong", "missed", "invented"]) if bad else chance.choice(["correct", "correctly null"])
    return Cell(transcript, condition, field, group, "4,650", said, verdict, decoy=verdict == "wrong")  # type: ignore[arg-type]
