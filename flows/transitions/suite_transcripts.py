"""The transcript pipeline's suite: calls with gold answers, through every agent, scored value by value."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine, insert

from flows.transcripts.opening import EXTRACTION, open_crew, open_run
from flows.transcripts.samples import FOLDER
from flows.transcripts.understanding import understand
from tasks.records.ledger_tables import field_checks
from tasks.records.runs import Purpose, read_calls
from tasks.transcripts.reading import read_file
from tasks.transcripts.scoring.gold import read_gold
from tasks.transcripts.scoring.score import score

GOLD = ".gold.json"


class TranscriptSuite:
    """Every transcript of a folder that has gold answers beside it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder

    def items(self) -> Sequence[str]:
        return sorted(path.name.removesuffix(GOLD) for path in self.folder.glob(f"*{GOLD}"))

    async def ask(self, item: str, lineup: str, run_id: str, pair: str, purpose: Purpose) -> None:
        path = next(found for found in sorted(self.folder.glob(f"{item}.*")) if not found.name.endswith(".json"))
        transcript, gold = read_file(path), read_gold(self.folder / f"{item}{GOLD}")
        async with open_crew(lineup) as crew, open_run(crew, run_id, transcript, purpose, pair=pair) as run:
            model = run.models[EXTRACTION].name
            understood = await understand(transcript, run.plan(transcript), run.answer, model)
            cells = score(understood.record, gold, "pipeline").cells
            await run.store(keep_checks, run_id, {cell.field: cell.right for cell in cells})


def keep_checks(database: Engine, run_id: str, right: dict[str, bool]) -> None:
    """Stores how the fields of a run's record compare with gold, beside its last extraction. Again: nothing new."""
    calls = [
        call for call in read_calls(database, run_id) if call["role"] == EXTRACTION and call["outcome"] != "failed"
    ]
    if not calls:
        return
    rows = [{"call_id": calls[-1]["id"], "field": field, "correct": correct} for field, correct in right.items()]
    with database.begin() as connection:
        connection.execute(field_checks.delete().where(field_checks.c.call_id == calls[-1]["id"]))
        connection.execute(insert(field_checks), rows)
