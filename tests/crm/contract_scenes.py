"""In which order the recording happened, what happened between its lines, and which lines cannot be replayed.

The file is sorted by subject; time stamps and row ids tell the order. Between the lines the recorder prepared things
without recording them: those steps are the scenes here, done straight in the double's store.
"""

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.crm.contract import Player
from tests.crm.contract_special import SPECIAL
from tests.doubles.baserow import fields
from tests.doubles.baserow.rows import Rows
from tests.doubles.baserow.store import Row, Table

NOT_REPLAYED: dict[str, tuple[list[int], str]] = {
    "views of the user interface": ([123], "row history is for people with a JWT; the sync never reads it"),
    "formula shapes": ([82], "seven kinds of formula; the five tables have none"),
    "file import": ([200, 201, 203, 204], "asynchronous jobs for a JWT; the sync has a token and writes rows"),
    "races inside PostgreSQL": (
        [*range(683, 698), *range(699, 702), 682, 746],
        "how many of several simultaneous requests fail depends on the database's timing",
    ),
    "speed": ([717], "measured on one machine, no promise of the API"),
    "size": ([718], "rows of up to 40 MiB; ours are bounded far below"),
}
ORDER: list[range] = [
    *(
        range(1, 78),
        range(83, 124),
        range(412, 469),
        range(343, 388),
        range(395, 412),
        range(507, 521),
        range(522, 539),
    ),
    *(range(521, 522), range(469, 483), range(484, 506), range(483, 484), range(506, 507), range(317, 342)),
    *(range(549, 563), range(539, 548), range(125, 126), range(144, 186), range(139, 144), range(124, 125)),
    *(range(126, 138), range(186, 187), range(206, 222), range(224, 317), range(594, 629), range(634, 676)),
    *(range(548, 549), range(563, 583), range(189, 200), range(187, 189), range(583, 594), range(629, 634)),
    *(range(676, 683), range(698, 699), range(702, 717), range(202, 203), range(205, 206), range(388, 395)),
    *(range(342, 343), range(78, 82), range(222, 224), range(138, 139), range(719, 735), range(735, 746)),
    range(747, 750),
]


def sequence() -> list[int]:
    left_out = {n for numbers, _ in NOT_REPLAYED.values() for n in numbers}
    return [n for part in ORDER for n in part if n not in left_out]


# what the recording cut from its requests


def bodies() -> dict[int, Any]:
    rows = [
        {
            "Name": f"Row {i:03}",
            "Ext": f"ext-{i:03}",
            "Email": f"u{i:03}@example.com",
            "Amount": f"{i}.25",
            "Stage": ("New", "Open", "Done")[i % 3],
            "When": f"2026-01-{i % 28 + 1:02}T08:00:00Z",
            "Day": f"2026-02-{i % 28 + 1:02}",
            "Flag": i % 2 == 0,
        }
        for i in range(200)
    ]
    return {
        144: {"items": rows},
        145: {"items": [{"Name": f"x{i}"} for i in range(201)]},
        169: {"items": [{"id": i + 1, "Name": "x"} for i in range(201)]},
        182: {"items": list(range(1, 202))},
        656: b'{"Name":"\xffx"}',
        657: '{"Name":"Müller"}'.encode("latin-1"),
        660: gzip.compress(b'{"Name":"x"}'),
        675: b'{"Name":' + b"[" * 5000 + b"]" * 5000 + b"}",
        745: {"items": [{"Email": "nope"}, *([{"Name": "x"}] * 200)]},
    }


# what happened between the lines


def _seed_rows_deleted(player: Player) -> None:
    for table in player.double.store.tables.values():
        table.trash |= table.rows
        table.rows.clear()


def _table_six(player: Player) -> None:
    store = player.double.store
    jwt = {"Authorization": "JWT <JWT>", "Content-Type": "application/json"}
    player.send("POST", "/api/database/tables/database/1/", body={"name": "Lab", "data": [["Name"], ["x"]]}, **jwt)
    store.tables[6].rows.clear()
    options = [{"value": value, "color": "blue"} for value in ("New", "Open", "Done")]
    for settings in (
        {"name": "Ext", "type": "text", "field_constraints": [{"type_name": "unique_with_empty"}]},
        {"name": "Email", "type": "email"},
        {"name": "Amount", "type": "number", "number_decimal_places": 2},
        {"name": "Stage", "type": "single_select", "select_options": options},
        {"name": "When", "type": "date", "date_include_time": True},
        {"name": "Day", "type": "date"},
        {"name": "Flag", "type": "boolean"},
        {"name": "Company", "type": "link_row", "link_row_table_id": 1, "has_related_field": False},
    ):
        player.send("POST", "/api/database/fields/table/6/", body=settings, **jwt)


def _table_of_another_workspace(player: Player) -> None:
    database = player.double.new_database("Other")
    player.double.store.databases[database]["workspace"]["id"] = 2
    player.double.api._fill(_new_table(player, 7, database, 2), None)


def _new_table(player: Player, number: int, database: int, workspace: int) -> Any:
    table = Table(number, f"Table {number}", number, database, workspace)
    player.double.store.tables[number] = table
    return table


def _table_seven_deleted(player: Player) -> None:
    del player.double.store.tables[7]


def _add_rows(player: Player, table_id: int, *names: str, first_id: int) -> None:
    table = player.double.store.tables[table_id]
    table.next_row = first_id
    Rows(player.double.store, table, names=True).create([{table.primary().name: n} for n in names], None, batch=True)


def _dates_of_an_earlier_try(player: Player) -> None:
    rows = Rows(player.double.store, player.double.store.tables[3], names=True)
    dates = {"Close Date EU": "2026-12-24", "Close Date US": "2026-12-24", "Next Step At": "2026-07-01"}
    rows.update([dates], [2], batch=False)


def _acme_touched(player: Player) -> None:
    player.double.store.tables[1].rows[2].updated_on = datetime(2026, 11, 22, 13, 17, 23, 442671, UTC)


def _twins(player: Player) -> None:
    player.double.store.tables[2].next_row = 49
    _add_rows(player, 1, "Twin Ltd", "Twin Ltd", first_id=58)


def _field_ids_until_78(player: Player) -> None:
    player.double.store.counters["field"] = 78


def _contacts_of_other_cases(player: Player) -> None:
    table = player.double.store.tables[2]
    row = player.double.store.tables[2].rows.pop(table.next_row - 1)
    table.trash[row.id] = row
    _add_rows(player, 2, "twice", "twice", "once", first_id=80)
    table.next_row = 92


def _lab_rows_of_other_cases(player: Player) -> None:
    table = player.double.store.tables[6]
    table.next_row, at = 1836, player.now
    table.rows[1835] = Row(1835, Decimal(713), {f.id: f.empty() for f in table.fields.values()}, at, at)


def _temporary_field(player: Player) -> None:
    store = player.double.store
    store.counters["field"] = 84
    tmp = fields.add(store, store.tables[6], "Tmp", "text")
    store.tables[6].rows[52].cells[tmp.id] = "v"


def _expired_user(player: Player) -> None:
    """A second user, whose access token is over, and a workspace of his that is in the trash."""
    email = "sync.bot1795353551@example.com"
    given = {"name": "Sync Bot", "email": email, "password": "his password"}
    login = player.double.accounts.register(given)
    player.secrets |= {"<REFRESH>": login["refresh_token"], "<BOT>": login["access_token"]}
    user, _ = player.double.accounts.access[login["access_token"]]
    player.double.accounts.access[login["access_token"]] = (user, player.now)
    player.double.accounts.new_token("bot", 99).key = "t" * 32


def _down(player: Player) -> None:
    player.double.faults.down = True


def _up(player: Player) -> None:
    player.double.faults.down = False


def _ids_until_100(player: Player) -> None:
    _up(player)
    player.double.store.tables[1].next_row = 100


def _deadlock(player: Player) -> None:
    player.double.faults.plan("before", method="PATCH", path="/batch/")


def _row_62(player: Player) -> None:
    _cells(player, 62, Name="dl2-0")


def _row_62_imported(player: Player) -> None:
    values = {"Name": "Row 060 imported", "Email": "a@b.cd", "Amount": "1.50", "Stage": "New"}
    _cells(player, 62, **values, When="2026-01-01T00:00:00Z", Day="2026-01-01", Flag=True)


def _cells(player: Player, row_id: int, **values: Any) -> None:
    table = player.double.store.tables[6]
    Rows(player.double.store, table, names=True).update([values], [row_id], batch=False)


def _odd_name_and_1821_rows(player: Player) -> None:
    table = player.double.store.tables[6]
    _cells(player, 62, Name="", Amount="1.10")
    fields.add(player.double.store, table, 'Odd, "name"__x', "text")
    missing = 1821 - len(table.rows)
    Rows(player.double.store, table, names=True).create([{}] * missing, None, batch=True)


def _new_table_nine(player: Player) -> None:
    player.double.api._fill(_new_table(player, 9, 1, 1), None)


def _table_nine_emptied(player: Player) -> None:
    player.double.store.tables[9].rows.clear()


def _rows_for_the_order_of_checks(player: Player) -> None:
    table = player.double.store.tables[6]
    table.next_row = 2039
    rows = Rows(player.double.store, table, names=True)
    rows.create([{"Ext": "o-1"}, {"Ext": "o-2"}], None, batch=True)


def _only_jane_at_acme(player: Player) -> None:
    contacts = player.double.store.tables[2]
    Rows(player.double.store, contacts, names=True).delete([i for i in contacts.rows if i != 2])


SCENES: dict[int, list[Callable[[Player], None]]] = {
    83: [_seed_rows_deleted],
    144: [_table_six],
    412: [_dates_of_an_earlier_try],
    548: [_twins],
    568: [_field_ids_until_78],
    582: [_contacts_of_other_cases],
    196: [_lab_rows_of_other_cases],
    583: [_temporary_field],
    625: [_table_of_another_workspace],
    628: [_table_seven_deleted],
    629: [_expired_user],
    698: [_deadlock],
    703: [_down],
    706: [_up],
    711: [_down],
    714: [_ids_until_100],
    202: [_row_62],
    205: [_row_62_imported],
    78: [_odd_name_and_1821_rows],
    222: [_new_table_nine],
    223: [_table_nine_emptied],
    719: [_only_jane_at_acme, _acme_touched],
    735: [_rows_for_the_order_of_checks],
}
HEADERS: dict[int, dict[str, str]] = {
    629: {"Authorization": "JWT <BOT>"},
    632: {"Authorization": f"Token {'t' * 32}"},
    698: {"Authorization": "Token <TOKEN>"},
}
"""Headers the recording left out."""


def replay(player: Player, lines: dict[int, dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Every line's number with what differs, or an empty text."""
    given = bodies()
    for n in sequence():
        for scene in SCENES.get(n, []):
            scene(player)
        line = lines[n]
        if n in HEADERS:
            line = line | {"request": line["request"] | {"headers": HEADERS[n]}}
        if n in SPECIAL:
            yield n, SPECIAL[n](player, line)
        else:
            yield n, player.differs(line, player.play(line, given.get(n)))
