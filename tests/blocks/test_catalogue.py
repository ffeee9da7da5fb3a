"""What a fresh installation gets: the documents' models and lineups, corrected by what their hosts say."""

import re

from blocks.catalogue import BASELINE, FP8, MISTRAL, default_lineups, default_models
from blocks.lineups import EMBEDDED, NAME, GeneratorLineup
from blocks.models import CloudflareModel, OllamaModel
from tests.doubles.model_server import catalogue

MODELS, LINEUPS = default_models(), default_lineups()


def test_every_name_in_a_lineup_is_a_block_of_the_catalogue() -> None:
    for lineup in LINEUPS.values():
        assert set(lineup.named().values()) <= MODELS.keys()
    assert all(re.match(NAME, name) for name in (*MODELS, *LINEUPS))


def test_production_and_preview_run_without_any_key() -> None:
    for name in ("production", "preview"):
        lineup = LINEUPS[name]
        assert isinstance(lineup, GeneratorLineup)
        assert set(lineup.named().values()) == {EMBEDDED}
        assert lineup.report_words <= 600


def test_the_documents_lineup_asks_their_baseline_everywhere() -> None:
    assert set(LINEUPS["documents-phase-0"].named().values()) == {BASELINE}


def test_the_withdrawn_baseline_is_marked_with_its_date() -> None:
    assert [name for name, block in MODELS.items() if block.withdrawn_on] == [BASELINE]
    assert MODELS[BASELINE].withdrawn_on == "2026-05-30"


def test_an_unknown_price_stays_unknown() -> None:
    assert (MODELS[BASELINE].input_price, MODELS[BASELINE].output_price) == (None, None)
    assert (MODELS[FP8].input_price, MODELS[FP8].output_price) == (0.293, 2.253)
    assert (MODELS[MISTRAL].input_price, MODELS[MISTRAL].output_price) == (0.351, 0.555)


def test_windows_and_json_modes_are_those_the_host_knows() -> None:
    hosted = {model.name: model for model in catalogue.DEFAULT_MODELS}
    for block in MODELS.values():
        if isinstance(block, CloudflareModel):
            there = hosted[block.model]
            assert block.context_window == there.context
            assert (
                block.json_capability == "none" or there.json_mode != "none" or block.schema_parameter == "guided_json"
            )


def test_no_credentials_are_shipped() -> None:
    for block in MODELS.values():
        if isinstance(block, CloudflareModel):
            assert (block.account_id, block.api_token.get_secret_value()) == ("", "")


def test_local_models_are_pinned_by_digest() -> None:
    local = [block for block in MODELS.values() if isinstance(block, OllamaModel)]
    assert len(local) == 3
    assert all(len(block.expected_digest) == 12 for block in local)
