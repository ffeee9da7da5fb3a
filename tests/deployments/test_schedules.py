"""Schedules of a deployment: the catalogue's are added once, what a person made of them stays."""

import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import DeploymentSchedule
from typer.testing import CliRunner

from blocks.errors import ConfigurationError
from blocks.home import PROJECT_ROOT
from deployments.application import app
from deployments.catalogue import deployments
from deployments.merging import memory, merge_schedules
from deployments.schedules import Schedule

NIGHTLY = Schedule("nightly", "30 2 * * *", "Europe/Berlin", {"lineup": "production"})


def there(wanted: Schedule, **changed: object) -> DeploymentSchedule:
    """The schedule as the server has it."""
    return DeploymentSchedule.model_validate({**wanted.wanted().model_dump(), "deployment_id": uuid.uuid4(), **changed})


def merged(
    there: Sequence[DeploymentSchedule], wanted: Sequence[Schedule], before: Sequence[Schedule] = (NIGHTLY,)
) -> Any:
    """The schedules a deployment gets whose catalogue entry had those `before`."""
    return merge_schedules(there, wanted, memory({}, before))[0]


def test_a_schedule_of_the_catalogue_is_added() -> None:
    [made] = merged([], [NIGHTLY], before=[])
    assert (made.slug, made.active, made.parameters) == ("nightly", True, {"lineup": "production"})
    assert made.schedule.model_dump(include={"cron", "timezone"}) == {"cron": "30 2 * * *", "timezone": "Europe/Berlin"}


def test_a_paused_schedule_stays_paused() -> None:
    [kept] = merged([there(NIGHTLY, active=False)], [NIGHTLY])
    assert not kept.active


def test_another_time_in_the_catalogue_reaches_a_schedule_that_nobody_changed() -> None:
    [moved] = merged([there(NIGHTLY, active=False)], [Schedule("nightly", "0 3 * * *", "UTC", {"lineup": "preview"})])
    assert (moved.schedule.cron, moved.parameters) == ("0 3 * * *", {"lineup": "preview"})
    assert (moved.schedule.timezone, moved.active) == ("Europe/Berlin", False)


def test_another_time_chosen_by_a_person_stays() -> None:
    by_hand = Schedule("nightly", "0 5 * * *", "Europe/Berlin").wanted().schedule
    [kept] = merged([there(NIGHTLY, schedule=by_hand)], [Schedule("nightly", "0 3 * * *")])
    assert kept.schedule == by_hand


def test_a_schedule_added_by_a_person_stays_beside_a_new_one_of_the_catalogue() -> None:
    own = Schedule("own", "0 12 * * 1")
    assert [one.slug for one in merged([there(own)], [NIGHTLY], before=[])] == ["own", "nightly"]


def test_a_schedule_that_somebody_deleted_stays_away() -> None:
    assert merged([], [NIGHTLY]) == []


def test_a_renamed_schedule_is_replaced_and_that_is_said() -> None:
    renamed = Schedule("every-night", "30 2 * * *")
    schedules, told = merge_schedules([there(NIGHTLY)], [renamed], memory({}, [NIGHTLY]))
    assert [one.slug for one in schedules] == ["every-night"]
    assert told == ["removed the schedule 'nightly', which the catalogue has no more"]


def test_a_renamed_schedule_that_a_person_changed_stays_beside_the_new_one() -> None:
    by_hand = Schedule("nightly", "0 5 * * *").wanted().schedule
    kept = merged([there(NIGHTLY, schedule=by_hand)], [Schedule("every-night", "30 2 * * *")])
    assert [one.slug for one in kept] == ["nightly", "every-night"]


def test_the_time_zone_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHASEGATE_TIMEZONE", "Europe/Berlin")
    assert Schedule("nightly", "30 2 * * *").timezone == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["Europe/Berln", "Europe", "../etc/passwd"])
def test_a_mistyped_time_zone_is_said_with_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("PHASEGATE_TIMEZONE", zone)
    with pytest.raises(ConfigurationError, match=f"PHASEGATE_TIMEZONE is '{zone}', which is no time zone"):
        Schedule("nightly", "30 2 * * *")


@pytest.mark.parametrize("command", ["serve", "bootstrap"])
def test_a_mistyped_time_zone_is_said_before_anything_is_started(
    home: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("PHASEGATE_TIMEZONE", "Europe/Berln")
    result = CliRunner().invoke(app, [command])
    assert isinstance(result.exception, ConfigurationError)
    assert not (home / "run").exists()


def test_machines_with_other_time_zones_remember_the_same() -> None:
    assert memory({}, [NIGHTLY]) == memory({}, [Schedule("nightly", "30 2 * * *", "UTC", {"lineup": "production"})])


def test_names_and_slugs_of_the_catalogue_are_unique() -> None:
    names = [one.name for one in deployments()]
    assert len(set(names)) == len(names)
    for one in deployments():
        slugs = [schedule.slug for schedule in one.schedules]
        assert len(set(slugs)) == len(slugs)


def test_what_looks_after_stuck_runs_has_no_limit_a_dead_run_could_hold() -> None:
    [janitor] = [one for one in deployments() if one.name == "janitor"]
    assert janitor.concurrency_limit is None
    assert [schedule.cron for schedule in janitor.schedules] == ["* * * * *"]


def test_schedules_overlap_only_where_the_readme_says_so() -> None:
    readme = " ".join((PROJECT_ROOT / "README.md").read_text().split())
    sentence = readme.partition("is left out (but for ")[2].partition(", which")[0]
    free = [one.name for one in deployments() if one.schedules and one.concurrency_limit is None]
    assert re.findall("`([a-z-]+)`", sentence) == free
