"""The page of a gate in the Prefect UI: a version for each move, kept up to date in between; nothing depends on it."""

import asyncio

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact

from flows.transitions.showing import show_gate
from flows.transitions.tracker import tracker
from tests import one_loop
from tests.transitions.gated import Scene
from tests.transitions.story import GATE, Story

pytestmark = [pytest.mark.server]


def versions(key: str) -> list[Artifact]:
    """All versions of an artifact, oldest first."""

    async def read() -> list[Artifact]:
        async with get_client() as client:
            return await client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))

    return sorted(one_loop.run(read()), key=lambda one: str(one.created))


def test_each_move_is_a_version_and_the_newest_is_kept_up_to_date(monitoring: Scene) -> None:
    key = f"gate-{monitoring.drive.id}"
    before = versions(key)
    monitoring.called()
    monitoring.watched()
    after = versions(key)
    assert [one.description for one in after] == [one.description for one in before]
    assert "4 of 4" in str(after[-1].data)
    assert "4 of 4" not in str(before[-1].data)
    monitoring.monitored()
    assert str(versions(key)[-1].description).startswith("Awaiting approval:")


def test_the_tracker_is_an_artifact_and_a_file(monitoring: Scene) -> None:
    page = one_loop.run(tracker())
    assert page.endswith("reports/tracker.html")
    assert "generator-1 is monitoring" in str(versions("tracker")[-1].data)


def test_a_trial_shows_how_far_it_has_come(monitoring: Scene) -> None:
    assert str(versions("trial-progress")[-1].description).endswith(
        "inputs asked under gated-production and gated-preview"
    )
    assert versions("trial-progress")[-1].data == 100


def test_a_server_that_is_gone_stops_no_gate(story: Story) -> None:
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    story.monitoring()
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}):
        asyncio.run(show_gate(story.world, GATE))
    assert story.gate.state == "MONITORING"
