"""The live schema is compared by name and type, settings and options, before the first write."""

from collections.abc import Callable, Iterator

import pytest

from tasks.crm.baserow import SchemaError
from tests.crm.baserow_setting import Setting, crm, record
from tests.doubles.baserow import BaserowDouble


@pytest.fixture
def setting() -> Iterator[Setting]:
    with crm() as given:
        yield given


def options(*values: str) -> list[dict[str, str]]:
    return [{"value": value} for value in values]


CHANGES: list[tuple[Callable[[BaserowDouble], None], str]] = [
    (lambda d: d.delete_field("Deals", "close_date"), "Deals.close_date is missing"),
    (lambda d: d.change_field("Deals", "stage", name="Stage"), "Deals.stage is missing"),
    (lambda d: d.change_field("Deals", "deal_amount", type="text"), "Deals.deal_amount is of type text, not number"),
    (
        lambda d: d.change_field("Deals", "deal_amount", number_decimal_places=0),
        "Deals.deal_amount has number_decimal_places 0, not 2",
    ),
    (
        lambda d: d.change_field("Deals", "deal_amount", number_negative=True),
        "Deals.deal_amount has number_negative True, not False",
    ),
    (
        lambda d: d.change_field("Deals", "close_date", date_include_time=True),
        "Deals.close_date has date_include_time True, not False",
    ),
    (
        lambda d: d.change_field("Deals", "stage", select_options=options("Follow up", "Won", "Closed Lost")),
        "Deals.stage lacks the option 'Closed Won'",
    ),
    (
        lambda d: d.change_field(
            "Deals", "stage", select_options=options("Follow up", "Closed Won", "Closed Won", "Closed Lost")
        ),
        "Deals.stage has the option 'Closed Won' twice",
    ),
    (
        lambda d: d.change_field("Deals", "external_id", field_constraints=[]),
        "Deals.external_id has no unique constraint",
    ),
]


@pytest.mark.parametrize(("change", "difference"), CHANGES, ids=[text for _, text in CHANGES])
def test_a_difference_stops_the_sync(
    change: Callable[[BaserowDouble], None], difference: str, setting: Setting
) -> None:
    change(setting.double)
    with pytest.raises(SchemaError) as caught:
        setting.sync(record())
    assert caught.value.differences == (difference,)
    assert setting.double.writes() == []


def test_all_differences_of_all_tables_are_listed_at_once(setting: Setting) -> None:
    setting.double.delete_field("Deals", "close_date")
    setting.double.delete_field("Sales Coaching", "strengths")
    setting.double.change_field("Clients", "state", type="long_text")
    with pytest.raises(SchemaError) as caught:
        setting.sync(record())
    assert len(caught.value.differences) == 3
    assert all(difference in str(caught.value) for difference in caught.value.differences)


@pytest.mark.parametrize("display", [{"date_format": "US"}, {"date_show_tzinfo": True}])
def test_how_a_date_is_shown_is_a_persons_choice(display: dict[str, object], setting: Setting) -> None:
    setting.double.change_field("Deals", "close_date", **display)
    assert setting.sync(record())["Deals"].complete


def test_columns_and_options_a_person_added_are_no_difference(setting: Setting) -> None:
    setting.double.new_field("Deals", name="My notes", type="text")
    more = [*setting.double.table("Deals").named("stage").select_options, {"value": "Lead"}]  # type: ignore[union-attr]
    setting.double.change_field("Deals", "stage", select_options=more)
    assert setting.sync(record())["Deals"].complete
