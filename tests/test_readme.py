"""Every command the README shows is one there is, and a test or `.ci/run` runs it.

The commands are read from the README's own text. A command of phasegate counts as run where a test calls it by name with
the same options; a target of make where `.ci/run` makes it, or where its recipe is such commands of phasegate.
"""

import ast
import importlib
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from prefect import Flow
from typer.main import get_command

from blocks.catalogue import default_models
from blocks.home import PROJECT_ROOT
from deployments.application import SUBJECTS, app
from deployments.catalogue import deployments
from tasks.judging.policy import Metric, PairDemand, Policy, RateDemand

README = (PROJECT_ROOT / "README.md").read_text()
MAKEFILE = (PROJECT_ROOT / "Makefile").read_text()
CI = (PROJECT_ROOT / ".ci" / "run").read_text()
STARTERS = {"phasegate", "start", "invoke"}
"""What tests call to run a command, in their own process or in one of its own."""


def shell_lines(text: str) -> list[str]:
    """The commands of a Markdown text: lines of its sh blocks, and code in a line that is a command."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for line in blocks.splitlines() if line.strip()]
    return lines + [code for code in inline if program(words(code)) in PROGRAMS and len(words(code)) > 1]


def words(line: str) -> list[str]:
    """The words of a command line without comment and settings before it."""
    return [word for word in shlex.split(line, comments=True) if not re.match(r"[A-Z_]+=", word)]


def program(command: list[str]) -> str:
    return Path(command[0]).name if command else ""


def phasegate_is_run(command: list[str]) -> bool:
    path, options = parse(command)
    return any(path == ran[: len(path)] and options <= set(ran) for ran in ran_by_tests())


def make_is_run(targets: list[str]) -> bool:
    return all(f"make {target}" in CI or recipe_is_run(target) or target in MADE_HERE for target in targets)


def recipe_is_run(target: str) -> bool:
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    lines = [words(line.strip().lstrip("@").replace("$(BIN)/", "")) for line in found[1].splitlines()] if found else []
    return bool(lines) and all(program(line) == "phasegate" and phasegate_is_run(line[1:]) for line in lines)


def is_setting(assignments: list[str]) -> bool:
    """Whether phasegate or Prefect reads the variables."""
    names = [assignment.partition("=")[0] for assignment in assignments]
    return all(name.startswith("PREFECT_") or name in sources() for name in names)


def is_a_default_model(arguments: list[str]) -> bool:
    verb, model = arguments
    return verb == "pull" and model in {block.model for block in default_models().values()}


def is_a_deployment(arguments: list[str]) -> bool:
    """Whether it lists deployments, or runs one of the catalogue with parameters that its flow takes."""
    if arguments == ["deployment", "ls"]:
        return True
    _, verb, name, *options = arguments
    given = [option.partition("=")[0] for option in options if not option.startswith("--")]
    return verb == "run" and set(given) <= set(runnable()[name].parameters.properties)


@cache
def runnable() -> dict[str, Flow[..., Any]]:
    """Full name -> flow of every deployment."""
    found = {}
    for deployment in deployments():
        module, name = deployment.entrypoint.split(":")
        flow = getattr(importlib.import_module(module), name)
        found[f"{flow.name}/{deployment.name}"] = flow
    return found


PROGRAMS = {
    "phasegate": phasegate_is_run, "prefect": is_a_deployment, "make": make_is_run, "export": is_setting, "ollama": is_a_default_model,
}  # fmt: skip
"""Program -> how its commands are proven. A new one in the README needs its line here."""
MADE_HERE = {"help", "lock", "clean"}
"""Targets that tests below make, or let make tell what it would do."""


def parse(command: list[str]) -> tuple[tuple[str, ...], set[str]]:
    """The command's names, and the options given. Raises KeyError for a command there is not."""
    found, path, rest = get_command(app), [], list(command)
    while hasattr(found, "commands") and rest:
        path.append(rest.pop(0))
        found = found.commands[path[-1]]
    options = {word.partition("=")[0] for word in rest if word.startswith("--")}
    known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert options <= known | {"--help"}, f"{' '.join(path)} has no option {options - known}"
    return tuple(path), options


@cache
def ran_by_tests() -> frozenset[tuple[str, ...]]:
    """The words of every command that some test starts, as far as they stand in its text."""
    return frozenset(found for file in (PROJECT_ROOT / "tests").rglob("test_*.py") for found in started_in(file))


def started_in(file: Path) -> Iterator[tuple[str, ...]]:
    tree = ast.parse(file.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node.func) in STARTERS]
    for call in calls:
        lists = [argument.elts for argument in call.args if isinstance(argument, ast.List)]
        yield from (constants(given) for given in (call.args, *lists))
    if any(isinstance(given, ast.Starred) for call in calls for given in call.args):
        yield from (constants(node.elts) for node in ast.walk(tree) if isinstance(node, ast.Tuple))


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def constants(nodes: Iterable[ast.expr]) -> tuple[str, ...]:
    return tuple(str(node.value) for node in nodes if isinstance(node, ast.Constant))


@cache
def sources() -> str:
    folders = ("blocks", "tasks", "flows", "deployments")
    return "\n".join(file.read_text() for folder in folders for file in sorted((PROJECT_ROOT / folder).rglob("*.py")))


@pytest.mark.parametrize("line", sorted(set(shell_lines(README))))
def test_a_command_of_the_readme_is_run(line: str) -> None:
    command = words(line) if not line.startswith("export ") else ["export", *shlex.split(line, comments=True)[1:]]
    prove = PROGRAMS.get(program(command))
    assert prove is not None, f"nothing here proves commands of {program(command)!r}"
    assert prove(command[1:]), f"no test and not .ci/run runs: {line}"


def test_a_command_nobody_runs_and_one_there_is_not_are_noticed() -> None:
    assert not phasegate_is_run(["run", "--help"])
    assert not make_is_run(["nothing-like-it"])
    assert not is_a_deployment(["deployment", "run", "transcript/transcript", "--param", "folder=/calls"])
    with pytest.raises(KeyError, match="generator/nothing"):
        is_a_deployment(["deployment", "run", "generator/nothing"])
    with pytest.raises(KeyError, match="lineup"):
        phasegate_is_run(["lineup", "set"])
    with pytest.raises(AssertionError, match="--colour"):
        phasegate_is_run(["run", "--colour", "green"])


@pytest.mark.parametrize("text", sorted(set(re.findall(r"`phasegate ([a-z][a-z-]+(?: [a-z][a-z-]+)?)", sources()))))
def test_a_command_named_in_a_message_is_there(text: str) -> None:
    parse(text.split())


def test_every_value_of_a_policy_and_no_other_is_in_the_table() -> None:
    rows = README.partition("keys of `--policy`")[2].partition("\n\n")[0]
    words = set(re.findall(r"`([a-z_]+)`", rows))
    demands = {name for kind in (RateDemand, PairDemand, Metric) for name in get_args(kind)}
    assert words >= set(Policy.model_fields)
    assert words - set(Policy.model_fields) <= demands


def test_the_help_has_every_command_under_its_subject() -> None:
    panels = {command.rich_help_panel for command in get_command(app).commands.values()}
    assert panels == set(SUBJECTS)


def test_make_help_names_every_target_of_the_makefile() -> None:
    asked = [
        "make",
        "--no-print-directory",
        "help",
    ]  # these tests may have been started by make, which tells of folders
    shown = subprocess.run(asked, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert targets is not None
    assert {line.split()[0] for line in shown.splitlines()} == set(targets[1].split())


@pytest.mark.parametrize("target", sorted(MADE_HERE - {"help"}))
def test_make_would_do_what_needs_a_network_or_takes_the_ground_away(target: str) -> None:
    planned = subprocess.run(["make", "-n", target], cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
    assert planned.stdout.strip()
