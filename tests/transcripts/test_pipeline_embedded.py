"""The short sample through the embedded model, for real: what it says is worthless, how it is handled must not be."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.local_process import SharedProcess, stop
from flows.transcripts.process import process_transcript
from flows.transcripts.samples import SHORT
from tasks.records import runs
from tasks.records.database import engine
from tasks.records.transcripts import read_transcript
from tasks.transcripts.scoring.gold import read_gold
from tasks.transcripts.scoring.score import score
from tests.conftest import SESSION
from tests.transcripts.scene import stored

pytestmark = [
    pytest.mark.proof,
    pytest.mark.server,
    pytest.mark.model,
    pytest.mark.usefixtures("no_stores"),
]


@pytest.fixture
def fetched_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The session's weights and model server, with a database of this test's own."""
    monkeypatch.setenv("PHASEGATE_HOME", str(SESSION))
    monkeypatch.setenv("PHASEGATE_DATABASE_URL", f"sqlite:///{tmp_path / 'own.db'}")
    yield
    if running := SharedProcess("embedded-model-2-8192", lambda place: []).running():
        stop(running["pid"])


def test_the_header_is_right_the_rest_is_proven_and_every_question_is_recorded(fetched_once: None) -> None:
    result = asyncio.run(process_transcript(path=SHORT, lineup="production"))

    record = stored(read_transcript(engine(), result.transcript_id))
    judged = score(record, read_gold(SHORT.with_suffix(".gold.json")), "pipeline")
    from_header = [
        cell for cell in judged.cells if cell.group == "header" or cell.field in ("client_name", "client_email")
    ]
    assert len(from_header) == 7
    assert all(cell.right for cell in from_header)
    assert len(runs.read_calls(engine(), result.run_id)) == 7
    assert record.communications.follow_up_email is not None
