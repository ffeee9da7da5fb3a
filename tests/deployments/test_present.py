"""Which deployments are phasegate's, whatever a person made of their tags, and what the catalogue has no more."""

import uuid
from typing import Any

import pytest
from prefect.client.schemas.responses import DeploymentResponse

from deployments.catalogue import Deployment
from deployments.merging import LABEL
from deployments.present import Key, ours, strangers
from flows.operations.tags import OURS

SYNC = ("sync", "transcript-sync")
CATALOGUE = {SYNC: Deployment("transcript-sync", "flows.transcripts.sync:sync", "", ())}


def there(flow: str = "sync", name: str = "transcript-sync", **facts: Any) -> dict[Key, DeploymentResponse]:
    """What is found on a server that has this deployment."""
    flow_id = uuid.uuid4()
    found = DeploymentResponse.model_validate({"name": name, "flow_id": flow_id, **facts})
    return ours([found], {flow_id: flow}, CATALOGUE)


@pytest.mark.parametrize("tags", [[], ["ops-team"], [OURS]])
def test_a_deployment_of_the_catalogue_is_known_whatever_tags_it_has(tags: list[str]) -> None:
    assert list(there(tags=tags)) == [SYNC]


def test_a_deployment_of_other_people_is_none_of_ours() -> None:
    assert not there("sync", "theirs", tags=["ops-team"])


@pytest.mark.parametrize("facts", [{"tags": [OURS]}, {"tags": ["ops-team"], "labels": {LABEL: "{}"}}])
def test_what_the_catalogue_has_no_more_is_said(facts: dict[str, Any]) -> None:
    assert strangers(there("sync", "older", **facts), CATALOGUE) == ["deployment 'sync/older'"]


def test_a_deployment_that_a_renamed_flow_left_behind_is_said_although_its_name_is_in_the_catalogue() -> None:
    found = there("bring", tags=[OURS]) | there()
    assert strangers(found, CATALOGUE) == ["deployment 'bring/transcript-sync'"]
    assert set(found) == {SYNC, ("bring", "transcript-sync")}
