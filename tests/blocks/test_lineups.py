"""A lineup: one field a role, each the name of a model block."""

import pytest
from pydantic import ValidationError

from blocks.lineups import EMBEDDED, GeneratorLineup
from blocks.loading import LoadedLineup
from blocks.models import CloudflareModel, EmbeddedModel
from flows.generator.stages import STAGES


def test_there_is_one_role_a_stage_in_their_order() -> None:
    assert GeneratorLineup.roles == tuple(stage.key for stage in STAGES)
    assert set(GeneratorLineup.roles) <= GeneratorLineup.model_fields.keys()


def test_fields_are_titled_as_the_stages_are_numbered() -> None:
    titles = [GeneratorLineup.model_fields[role].title or "" for role in GeneratorLineup.roles]
    assert [title.split(".")[0] for title in titles] == [str(number) for number in range(1, 14)]
    assert titles[3] == "4. Avatar creation (protected)"


def test_every_role_asks_the_embedded_model_until_someone_says_otherwise() -> None:
    lineup = GeneratorLineup(offer_design="mistral-7b")

    named = lineup.named()
    assert named["offer_design"] == "mistral-7b"
    assert {name for role, name in named.items() if role != "offer_design"} == {EMBEDDED}


@pytest.mark.parametrize("name", ["", "With Blanks", "-dash", "Upper", "a/b", "x" * 101])
def test_a_name_no_block_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="offer_design"):
        GeneratorLineup(offer_design=name)


def test_a_withdrawn_model_is_told_with_its_roles_and_the_way_out() -> None:
    old = CloudflareModel(model="@cf/old", context_window=24_000, withdrawn_on="2026-05-30")
    roles = {"market_analysis": "old", "buyer_psychology": "demo", "offer_design": "old"}

    told = LoadedLineup("production", roles, {}, {"old": old, "demo": EmbeddedModel()}).withdrawn()

    assert told == [
        "Model block 'old' (@cf/old) was withdrawn by its host on 2026-05-30; it serves market_analysis, offer_design. "
        "Name another block for these roles in the lineup 'production'."
    ]
