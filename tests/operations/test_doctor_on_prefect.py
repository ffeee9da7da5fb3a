"""The doctor on a real Prefect server with phasegate's blocks."""

import asyncio
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from blocks.lineups import GeneratorLineup, TranscriptLineup
from blocks.loading import documents_of
from flows.operations.doctor import diagnose, doctor
from tasks.operations.checks import Check
from tests.conftest import SaveLineup, SaveModel
from tests.doubles.model_server import ModelServer, faults

pytestmark = [pytest.mark.server]


@pytest.fixture
def in_use(lineup: SaveLineup, save_model: SaveModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the double's models serve the lineups in use."""
    from tasks.operations import prefect_checks

    lineup("in-use")
    asyncio.run(TranscriptLineup(**dict.fromkeys(TranscriptLineup.roles, save_model())).asave("in-use", overwrite=True))
    monkeypatch.setattr(prefect_checks, "IN_USE", ("in-use",))


def diagnosed(url: str) -> dict[str, Check]:
    return {check.name: check for check in asyncio.run(diagnose(url, "models"))}


def test_lineups_and_models_are_looked_at(prefect_api: str, in_use: None) -> None:
    checks = diagnosed(prefect_api)
    assert checks["block types"].state == "ok"
    assert checks["lineup generator/in-use"].found == "13 roles on double"
    assert checks["model double"].state == "ok"


def test_the_withdrawn_baseline_is_half_a_line_for_those_who_do_not_use_it(prefect_api: str, in_use: None) -> None:
    check = diagnosed(prefect_api)["lineup generator/documents-phase-0"]
    assert (check.state, check.do) == ("skipped", "")
    assert check.found == "Not in use, nor fit for it: llama-3-1-70b withdrawn on 2026-05-30"


@pytest.mark.parametrize(
    ("role", "fields"),
    [
        ("value_stack", {"value_stack": "nobody-has-this"}),
        ("value_stack (canary)", {"canary_percent": 50, "canary_roles": "value_stack=nobody-has-this"}),
    ],
)
def test_a_lineup_that_names_no_model_block_is_told(
    prefect_api: str, in_use: None, lineup: SaveLineup, role: str, fields: dict[str, Any]
) -> None:
    lineup("broken", **fields)
    check = diagnosed(prefect_api)["lineup generator/broken"]
    assert f"{role} names 'nobody-has-this'" in check.found
    asyncio.run(_delete("broken"))


async def _delete(name: str) -> None:
    async with get_client() as client:
        [document] = [one for one in await documents_of(client, GeneratorLineup) if one.name == name]
        await client.delete_block_document(document.id)


def test_a_key_that_a_server_gives_away_is_not_shown(prefect_api: str, in_use: None, models: ModelServer) -> None:
    models.fail_next(faults.http_error(400, f"refused {models.token}"))
    check = diagnosed(prefect_api)["model double"]
    assert check.state == "failed"
    assert models.token not in check.found


def test_a_model_that_has_to_be_loaded_first_is_waited_for_by_the_flow(
    prefect_api: str, in_use: None, models: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.operations.doctor.SECONDS", 0.1)
    models.delay = lambda request: 2
    state = asyncio.run(doctor(only="models", return_state=True))
    assert state.is_completed(), state.message


def test_the_flow_fails_when_a_check_does_and_leaves_its_table(
    prefect_api: str, in_use: None, models: ModelServer
) -> None:
    state = asyncio.run(doctor(only="models", return_state=True))
    assert state.is_completed(), state.message
    models.fail_next(faults.http_error(500))
    failed = asyncio.run(doctor(only="models", return_state=True))
    assert (failed.is_failed(), "model double" in (failed.message or "")) == (True, True)
