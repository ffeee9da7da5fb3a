"""Recorded lines that are no single exchange: simultaneous requests, an idle connection, stamps and orders.

Each function answers like `Player.differs`: what is not as recorded, or an empty text.
"""

import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tests.crm.contract import Answer, Player

HEADERS = {"Authorization": "Token <TOKEN>", "Content-Type": "application/json"}
LAB, NAMES = "/api/database/rows/table/6/", "user_field_names=true"
FIVE_FIELDS: list[dict[str, Any]] = [
    {"Name": "n0"},
    {"Email": "five@example.com"},
    {"Amount": "5.55"},
    {"Day": "2026-05-05"},
    {"Flag": True},
]


def counted(answers: Iterable[Answer]) -> Counter[str]:
    """Answers by status and code, as the recording counts them."""
    return Counter(f"{answer.status} {answer.body.get('error')}" for answer in answers)


def at_once(player: Player, method: str, path: str, bodies: list[Any]) -> list[Answer]:
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda body: player.send(method, path, NAMES, body, **HEADERS), bodies))


def same_request(player: Player, line: dict[str, Any]) -> str:
    first = line["request"]["first"]
    path = first["path"].partition("?")[0]
    got = counted(at_once(player, first["method"], path, [first["body"]] * line["request"]["n"]))
    return "" if got == line["response"]["counts"] else f"answers {dict(got)}"


def five_fields_of_one_row(player: Player, line: dict[str, Any]) -> str:
    path = line["request"]["first"]["path"].partition("?")[0]
    got = counted(at_once(player, "PATCH", path, FIVE_FIELDS))
    row = player.send("GET", path, NAMES, **HEADERS).body
    survived = all(row[name] == value for body in FIVE_FIELDS for name, value in body.items())
    return "" if survived and got == line["response"]["counts"] else f"answers {dict(got)}, row {row}"


def throttled(player: Player, line: dict[str, Any]) -> str:
    """Eight at once where two may be open: those two are held by the store's lock until the others are refused."""
    player.double.faults.at_once = 2
    body = {"items": [{"Name": "throttle"}] * 100}
    with ThreadPoolExecutor(8) as pool:
        with player.double.store.lock:
            sent = [pool.submit(player.send, "POST", f"{LAB}batch/", NAMES, body, **HEADERS) for _ in range(8)]
            while sum(future.done() for future in sent) < 6:
                time.sleep(0.01)
        answers = [future.result() for future in sent]
    player.double.faults.at_once = None
    got = counted(answers)
    refused = next(answer for answer in answers if answer.status == 429)
    return player.differs(line, refused) or ("" if got == line["response"]["counts"] else f"answers {dict(got)}")


def idle(player: Player, line: dict[str, Any]) -> str:
    host, port = urlsplit(player.double.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /api/_health/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(4096)
        began = time.monotonic()
        ended = connection.recv(1) == b""
    took = time.monotonic() - began
    near = abs(took - line["response"]["closed_after_s"]) < 0.5
    return "" if ended and near else f"closed: {ended}, after {took:.1f} s"


def last_modified(player: Player, line: dict[str, Any]) -> str:
    """Three changes, of which two change nothing, after a first look: every one moves the stamp."""
    stamps = []
    for moment, body in zip(line["response"].values(), ({}, {"Name": "Beta BV"}, {}, {"Name": "Changed"}), strict=True):
        player.now = datetime.fromisoformat(moment)
        answer = player.send("PATCH", "/api/database/rows/table/1/3/", NAMES, body, **HEADERS)
        stamps.append(answer.body["Modified"])
    return "" if stamps == list(line["response"].values()) else f"stamps {stamps}"


def answer_in_order(player: Player, line: dict[str, Any]) -> str:
    names = [f"order {number}" for number in range(200)]
    answer = player.send("POST", f"{LAB}batch/", NAMES, {"items": [{"Name": name} for name in names]}, **HEADERS)
    rows = answer.body["items"]
    in_order = [row["Name"] for row in rows] == names
    return "" if in_order and rows == sorted(rows, key=lambda row: int(row["id"])) else "not in the order asked"


SPECIAL: dict[int, Callable[[Player, dict[str, Any]], str]] = {
    **dict.fromkeys((676, 680, 681), same_request),
    **dict.fromkeys((677, 678, 679), five_fields_of_one_row),
    138: last_modified,
    188: answer_in_order,
    702: throttled,
    716: idle,
}
