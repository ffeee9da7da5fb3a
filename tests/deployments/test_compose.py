"""The compose file, as far as it can be checked without an engine, and the page that tells how to use it."""

import importlib
import re
from typing import Any

import prefect.settings
import pytest
import yaml

from blocks.home import PROJECT_ROOT
from deployments.catalogue import WORK_POOL, deployments
from tests.test_readme import is_setting, parse, program, shell_lines, words

FILE = PROJECT_ROOT / "compose.yaml"
PAGE = (PROJECT_ROOT / "docs" / "more-than-one-machine.md").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
ONE_SHOT = {"bootstrap"}
KEYS = {
    "image", "build", "init", "restart", "environment", "command", "ports", "volumes", "depends_on", "healthcheck",
    "configs", "deploy", "stop_grace_period",
}  # fmt: skip


def settings() -> list[tuple[str, str]]:
    return [
        (name, str(value)) for service in SERVICES.values() for name, value in service.get("environment", {}).items()
    ]


def test_every_service_the_design_names_is_there() -> None:
    assert set(SERVICES) == {"server", "worker", "worker-first", "bootstrap", "postgres", "neo4j", "baserow", "ollama"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_made_of_known_parts_at_a_fixed_version(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= KEYS
    assert re.fullmatch(r"[a-z0-9/]+:(\d[\w.]*|local)", service["image"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ONE_SHOT))
def test_a_lasting_service_says_whether_it_is_healthy(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert all(re.fullmatch(r"\d+s", check[part]) for part in ("interval", "timeout"))


def test_services_wait_for_services_that_can_be_waited_for() -> None:
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            assert wait["condition"] in CONDITIONS
            assert (wait["condition"] == "service_completed_successfully") == (name in ONE_SHOT)


def test_named_volumes_and_configs_are_declared_and_used() -> None:
    mounted = [entry for service in SERVICES.values() for entry in service.get("volumes", ())]
    volumes = {entry.split(":")[0] for entry in mounted if not entry.startswith("${")}
    configs = {entry["source"] for service in SERVICES.values() for entry in service.get("configs", ())}
    assert volumes == set(COMPOSE["volumes"])
    assert configs == set(COMPOSE["configs"])


def test_secrets_come_from_the_environment_and_must_be_there() -> None:
    secret = [value for name, value in settings() if re.search("PASSWORD|AUTH|_URL$", name)]
    with_password = [
        value for value in secret if "@" in value or value.startswith(("admin:", "neo4j/")) or "PASSWORD" in value
    ]
    assert len(with_password) >= 6
    assert all(re.search(r"\$\{[A-Z0-9_]+_PASSWORD:\?[^}]+\}", value) for value in with_password)


def test_ports_are_open_to_this_machine_only_unless_asked() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert all(port.startswith(("127.0.0.1:", "${PHASEGATE_BIND:-127.0.0.1}:")) for port in published)


def test_every_setting_of_prefect_exists() -> None:
    names = {name for name, _ in settings() if name.startswith("PREFECT_")}
    assert {"PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"} <= names
    assert [name for name in names if not hasattr(prefect.settings, name)] == []


def test_every_queue_has_workers_with_a_limit_of_their_own() -> None:
    commands = [SERVICES[name]["command"] for name in ("worker", "worker-first")]
    assert {command[command.index("--pool") + 1] for command in commands} == {WORK_POOL}
    assert {command[command.index("--work-queue") + 1] for command in commands} == {one.queue for one in deployments()}
    assert all("--limit" in command for command in commands)


@pytest.mark.parametrize("name", [name for name in SERVICES if name.startswith("worker")])
def test_workers_read_the_suites_that_the_host_names_and_the_samples_where_it_names_none(name: str) -> None:
    assert SERVICES[name]["environment"]["PHASEGATE_SUITES"] == "${PHASEGATE_SUITES:+/suites}"
    assert "${PHASEGATE_SUITES:-/dev/null}:/suites:ro" in SERVICES[name]["volumes"]


def test_what_the_image_copies_is_there() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", SERVICES["worker"]["build"]["dockerfile_inline"], re.MULTILINE)
    assert copied
    assert all((PROJECT_ROOT / name).exists() for line in copied for name in line.split())


def rows(heading: str) -> set[str]:
    """The names in the first column of the page's table with this heading."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return set(re.findall(r"`([^`]+)`", " ".join(line.split("|")[1] for line in table.splitlines()[1:])))


def test_the_page_explains_every_variable_and_every_volume() -> None:
    assert rows("variable") == set(re.findall(r"\$\{([A-Z0-9_]+)[:}]", FILE.read_text()))
    assert rows("volume") == set(COMPOSE["volumes"])


def test_the_page_makes_every_secret_anew() -> None:
    required = set(re.findall(r"\$\{([A-Z0-9_]+):\?", FILE.read_text()))
    made = re.search(r"for name in ([A-Z0-9_ ]+); do", PAGE)
    assert made is not None
    assert set(made[1].split()) == required


@pytest.mark.parametrize("line", [line for line in shell_lines(PAGE) if program(words(line)) == "phasegate"])
def test_a_command_of_phasegate_on_the_page_is_there(line: str) -> None:
    parse(words(line)[1:])


@pytest.mark.parametrize("line", re.findall(r"^export (\w+=.*)$", PAGE, re.MULTILINE))
def test_a_setting_on_the_page_is_read_by_somebody(line: str) -> None:
    name = line.partition("=")[0]
    assert is_setting([line])
    assert not name.startswith("PREFECT_") or hasattr(prefect.settings, name)


@pytest.mark.parametrize("command", re.findall(r"^prefect ([a-z-]+ [a-z]+)", PAGE, re.MULTILINE))
def test_a_command_of_prefect_on_the_page_is_there(command: str) -> None:
    group, verb = command.split()
    module = importlib.import_module(f"prefect.cli.{group.replace('-', '_')}")
    assert getattr(module, f"{group.replace('-', '_')}_app")[verb]
