"""The compose file, as far as it can be checked without an engine."""

import re
from typing import Any

import prefect.settings
import pytest
import yaml

from blocks.home import PROJECT_ROOT
from deployments.catalogue import WORK_POOL

FILE = PROJECT_ROOT / "compose.yaml"
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
    assert set(SERVICES) == {"server", "worker", "bootstrap", "postgres", "neo4j", "baserow", "ollama"}


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
    volumes = {entry.split(":")[0] for service in SERVICES.values() for entry in service.get("volumes", ())}
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


def test_workers_serve_our_pool_with_a_limit() -> None:
    command = SERVICES["worker"]["command"]
    assert command[command.index("--pool") + 1] == WORK_POOL
    assert "--limit" in command


def test_what_the_image_copies_is_there() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", SERVICES["worker"]["build"]["dockerfile_inline"], re.MULTILINE)
    assert copied
    assert all((PROJECT_ROOT / name).exists() for line in copied for name in line.split())
