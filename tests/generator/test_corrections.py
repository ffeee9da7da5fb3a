"""Facts a person corrects in an earlier run: what reads them is asked again, nothing else, and no correction is lost."""

from collections.abc import Mapping
from typing import Any

import pytest

from blocks.errors import CallError, InputError
from flows.generator.payment_plans import payment_plans
from flows.generator.pricing_framework import pricing_framework
from flows.generator.stages import readers
from tests import one_loop
from tests.conftest import SaveLineup
from tests.doubles.model_server import ModelServer
from tests.generator.scene import (
    BROKEN,
    asked,
    asked_set,
    asks,
    go_on,
    newest_run,
    outputs,
    questions,
    run_generator,
    sources,
)

pytestmark = [pytest.mark.server]


@pytest.mark.parametrize("key", ["offer_rationale", "pricing_framework", "premium_bonuses"])
def test_only_what_reads_a_corrected_stage_may_be_asked_again(
    key: str, models: ModelServer, lineup: SaveLineup
) -> None:
    done = run_generator(lineup())
    field = longest_text(outputs(done)[key])
    models.clear()
    run = go_on(done, "double", overrides={f"{key}.{field}": "Said far better."})
    assert asked_set(models) <= questions(*readers(key))
    assert outputs(run)[key][field] == "Said far better."
    assert sources(run)[key] == "overridden"


def test_what_reads_the_corrected_field_is_asked_again(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    models.clear()
    go_on(done, "double", overrides={"offer_design.core_offer.offer_name": "The Quiet Ledger"})
    assert {"offer_rationale", "premium_bonuses", "power_guarantee"} <= asked_set(models)
    assert all("The Quiet Ledger" in request.user for request in models.requests if asked(request) == "premium_bonuses")
    assert not asked_set(models) & questions("market_analysis", "buyer_psychology")


def test_a_field_nobody_reads_asks_nothing(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    models.clear()
    go_on(done, "double", overrides={"scarcity_upsells." + longest_text(outputs(done)["scarcity_upsells"]): "Better."})
    assert not models.requests


def test_a_correction_lives_on_when_the_corrected_run_is_gone_on_from(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    models.fail_when(asks("power_guarantee"), BROKEN)
    with pytest.raises(CallError):
        go_on(done, "double", overrides={"offer_design.core_offer.offer_name": "The Quiet Ledger"})
    models.heal()
    models.clear()
    run = go_on(str(newest_run()["id"]), "double")
    assert outputs(run)["offer_design"]["core_offer"]["offer_name"] == "The Quiet Ledger"
    assert asked_set(models) == {"power_guarantee"}


def test_what_reads_only_a_computed_field_is_asked_again(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    models.clear()
    run = outputs(go_on(done, "double", overrides={"value_stack.core_components.0.perceived_value": 99_999}))
    components = run["value_stack"]["core_components"]
    assert run["value_stack"]["total_perceived_value"] == sum(one["perceived_value"] for one in components)
    assert "pricing_framework" in asked_set(models)


def test_one_made_together_with_one_further_up_lives_on(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    component = "value_stack.core_components.0.perceived_value"
    both = go_on(done, "double", overrides={component: 99_999, "pricing_framework.recommended_price": 12_345})
    models.clear()
    assert outputs(go_on(both, "double")) == outputs(both)
    assert outputs(both)["pricing_framework"]["recommended_price"] == 12_345
    assert not models.requests


def test_one_whose_turn_did_not_come_lives_on(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    models.fail_when(asks("offer_rationale"), BROKEN)
    promise = {"avatar_creation.avatar_name": "Wren", "pricing_framework.recommended_price": 12_345}
    with pytest.raises(CallError):
        go_on(done, "double", overrides=promise)
    models.heal()
    failed = str(newest_run()["id"])
    for alone in (pricing_framework, payment_plans):
        with pytest.raises(InputError, match="ended before it came to the correction of pricing_framework"):
            one_loop.run(alone(earlier_run=failed, lineup="double"))
    run = outputs(go_on(failed, "double"))
    assert run["pricing_framework"]["recommended_price"] == 12_345
    assert run["avatar_creation"]["avatar_name"] == "Wren"


def test_a_corrected_report_is_not_written_again(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    first = go_on(done, "double", overrides={"report_synthesis.headline": "Cash first."})
    second = go_on(
        first, "double", overrides={"premium_bonuses." + longest_text(outputs(done)["premium_bonuses"]): "Best."}
    )
    models.clear()
    third = go_on(second, "double")
    assert outputs(third)["report_synthesis"]["headline"] == "Cash first."
    assert sources(third)["report_synthesis"] == "overridden"
    assert not models.requests


def test_a_correction_further_up_outweighs_an_older_one(models: ModelServer, lineup: SaveLineup) -> None:
    done = run_generator(lineup())
    first = go_on(done, "double", overrides={"offer_design.core_offer.offer_name": "The Quiet Ledger"})
    models.clear()
    run = go_on(first, "double", overrides={"avatar_creation.avatar_name": "Wren"})
    assert "offer_design" in asked_set(models)
    assert outputs(run)["avatar_creation"]["avatar_name"] == "Wren"


def test_a_correction_that_cannot_be_asks_nothing_and_leaves_no_run(models: ModelServer, lineup: SaveLineup) -> None:
    models.fail_when(asks("competitive_analysis"), BROKEN)
    with pytest.raises(CallError):
        run_generator(lineup())
    models.clear()
    failed = str(newest_run()["id"])
    with pytest.raises(InputError, match="There is no field"):
        go_on(failed, "double", overrides={"buyer_psychology.nothing_like_it": "x"})
    assert not models.requests
    assert newest_run()["id"] == failed


def longest_text(body: Mapping[str, Any]) -> str:
    """Name of the field at the top of an output that holds the longest text."""
    return max((name for name, value in body.items() if isinstance(value, str)), key=lambda name: len(body[name]))
